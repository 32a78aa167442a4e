using Hooks.Cli.Terminal;

namespace Hooks.Cli.Checking;

/// <summary>What became of the cases of earlier runs.</summary>
/// <param name="Replayed">How many were replayed.</param>
/// <param name="Fixed">Files of those that no longer fail.</param>
internal sealed record KeptReport(int Replayed, IReadOnlyList<string> Fixed)
{
    /// <summary>Of these, after the run.</summary>
    public static KeptReport Of(IReadOnlyList<KeptCase> kept) =>
        new(kept.Count(k => k.Replayed), [.. kept.Where(k => k.Replayed && !k.StillFails).Select(k => k.File)]);

    /// <summary>For people; nothing if there were none.</summary>
    public void Print(Screen screen, CaseFolder folder)
    {
        if (Replayed == 0) return;
        screen.Line();
        screen.Line($"{Judgement.Count(Replayed, "case")} of earlier runs replayed first: {Replayed - Fixed.Count} still fail{(Replayed - Fixed.Count == 1 ? "s" : "")}, {Fixed.Count} no longer");
        foreach (var file in Fixed) screen.Line($"  no longer fails: {Path.GetFileName(file)}{(folder.Saves ? $", moved to {folder.FixedFile(file)}" : "")}");
    }
}
