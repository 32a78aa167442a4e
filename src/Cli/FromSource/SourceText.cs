using Hooks.Cli.Terminal;
using Hooks.KernelSource;
using Hooks.KernelSource.Patches;
using Spectre.Console;

namespace Hooks.Cli.FromSource;

/// <summary>What was read, and what was not: stands with every verdict.</summary>
internal static class SourceText
{
    /// <summary>What is not read from a tree and can be checked by itself.</summary>
    private static readonly string[] ArchSources = ["arch/arm64/mm/mteswap.c", "arch/sparc/kernel/adi_64.c"];

    /// <summary>The tree, the functions read, the patches, and what they change.</summary>
    public static IEnumerable<string> Head(SourceInput input)
    {
        var read = input.Last.Read.SelectMany(r => r.Read).Distinct().ToList();
        yield return $"source   {input.Base.Tree.Name}";
        yield return $"read     {read.FirstOrDefault() ?? "nothing"}";
        foreach (var function in read.Skip(1)) yield return $"         {function}";
        yield return $"like     {input.Base.Like.Name}: everything that is not read comes from there";
        foreach (var row in input.Helpers.UserRows) yield return $"helpers  {row}, as {row.Where} says";
        foreach (var remark in input.Last.Remarks) yield return $"remark   {remark}";
        foreach (var patch in input.Patches) yield return $"patch    {patch.Subject}";
        foreach (var hunk in input.Files?.Applied ?? []) yield return $"         {hunk}{(hunk.Fuzz == 0 ? "" : ": look whether it stands where it belongs")}";
        foreach (var change in input.Changes) yield return $"         changes {(change.Function.Length == 0 ? $"{change.File}, outside of functions" : change.Function + "()")}, {change.Lines} line{(change.Lines == 1 ? "" : "s")}: {Words(change.Sight)}";
        foreach (var file in ArchSources.Where(f => input.Changes.Any(c => c.File == f))) yield return $"         {file} is checked by itself: hooks check --kernel {input.Base.Like.Name} --arch-source {Shell.Quote(Path.Combine(input.Base.Tree.Name, file))}{string.Concat(input.PatchFiles.Select(p => $" --patch {Shell.Quote(p)}"))}";
    }

    /// <summary>Why there is no verdict; null if there may be one.</summary>
    public static IReadOnlyList<string>? NoVerdict(SourceInput input)
    {
        if (input.Unknowns.Count > 0) return NoVerdict((IReadOnlyList<Unknown>)input.Unknowns);
        if (!input.PatchIsUnseen) return null;
        return input.Changes.All(c => c.Sight == Sight.Read || c.Function.Length == 0) && input.Changes.Any(c => c.Sight == Sight.Read)
            ? ["No verdict: hooks cannot see this patch. What it changes was read, and means the same to the model as before (see 'changes' above): a refactoring, or something that the model leaves out."]
            : ["No verdict: hooks cannot see this patch. Nothing that it changes means anything to the model (see 'changes' above)."];
    }

    /// <summary>What is not known, and what to do about it.</summary>
    public static IReadOnlyList<string> NoVerdict(IReadOnlyList<Unknown> unknowns) =>
    [
        $"No verdict: {unknowns.Count} thing{(unknowns.Count == 1 ? "" : "s")} in live code {(unknowns.Count == 1 ? "is" : "are")} not known to the model.",
        .. unknowns.Select(u => $"  {u}"),
        "Say what they are with --helpers FILE, a line each: 'NAME ignore', 'NAME const 0', 'NAME/2 as folio_put(1)'.",
    ];

    /// <summary>Prints the head.</summary>
    public static void Print(Screen screen, SourceInput input)
    {
        foreach (var line in Head(input)) screen.Line(line, line.StartsWith("remark", StringComparison.Ordinal) ? new Style(Color.Yellow) : Style.Plain);
    }

    private static string Words(Sight sight) => sight switch
    {
        Sight.Read => "read",
        Sight.StandsFor => "not read, the model has a step of its own in its place",
        Sight.Catalogue => "not read, a path of the catalogue stands for it",
        _ => "not in the model",
    };
}
