using Hooks.Core.Paths;
using Hooks.Report;

namespace Hooks.Cli.Catalogues;

/// <summary>A path as text: labels and jumps as in C, a step a line, and where each step comes from.</summary>
internal static class PathText
{
    /// <summary>The longest name of a step, for aligning.</summary>
    public static int NameWidth(params IEnumerable<KernelPath?> paths) =>
        paths.OfType<KernelPath>().SelectMany(p => p.Steps).Select(s => s.Name.Length).DefaultIfEmpty(0).Max();

    /// <summary>The title: the function it stands for, and the path's own name.</summary>
    public static string Title(KernelPath path) => $"{path.KernelFunction}  [{path.Id}]";

    /// <summary>The lines.</summary>
    /// <param name="path">The path; null has none.</param>
    /// <param name="nameWidth">The width of the names' column.</param>
    public static IEnumerable<string> Lines(KernelPath? path, int nameWidth) =>
        (path?.Items ?? []).Select(item => item.Step is { } step
            ? $"  {step.Name.PadRight(nameWidth)}  {step.Source}; {step.Era}"
            : item.Label is null ? $"  {Jump(item)}" : $"{item}");

    private static string Jump(PathItem item) => item.Instruction is { Code: OpCode.Result } result ? $"result: {TraceReport.Word(result.Outcome)}" : item.ToString();
}
