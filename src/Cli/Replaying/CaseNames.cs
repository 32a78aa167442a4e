using System.Text.RegularExpressions;
using Hooks.Cli.Catalogues;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Replaying;

/// <summary>
/// Checks the names in a case against the catalogues, which the parser does not know: kernel, architecture, invariants and
/// steps. Like the parser it says line and column.
/// </summary>
internal static partial class CaseNames
{
    /// <summary>Checks them.</summary>
    /// <param name="case">The case.</param>
    /// <param name="text">The text that it was parsed from, for the places.</param>
    /// <param name="file">The file's name, for errors.</param>
    /// <param name="kernelMatters">Whether the case's own kernel will be used.</param>
    /// <param name="archMatters">Whether the case's own architecture will be used.</param>
    /// <exception cref="CaseSyntaxException">There is no such thing.</exception>
    public static void Check(Case @case, string text, string file, bool kernelMatters, bool archMatters)
    {
        if (kernelMatters && !KernelCatalogue.TryGet(@case.Kernel, out _))
        {
            throw Error(text, file, "kernel", 0, 1, Names.UnknownKernel(@case.Kernel));
        }

        if (archMatters && Architectures.All.All(a => a.Name != @case.Arch))
        {
            throw Error(text, file, "arch", 0, 1, Names.UnknownArchitecture(@case.Arch));
        }

        for (var i = 0; i < @case.Fails.Length; i++)
        {
            var (invariant, at) = @case.Fails[i];
            if (!InvariantCatalogue.TryGet(invariant, out _)) throw Error(text, file, "fails", i, 1, Names.UnknownInvariant(invariant));
            if (at is not null && Unknown(at) is { } message) throw Error(text, file, "fails", i, 3, message);
        }
    }

    /// <summary>What is unknown in <c>P0:read:SetPteAt</c>; null if nothing is. A step of any kernel will do, as the case may be run on another.</summary>
    private static string? Unknown(string at)
    {
        var parts = at.Split(':');
        var verbs = Enum.GetValues<Verb>().Select(CaseText.Word).ToList();
        if (!verbs.Contains(parts[1])) return Names.Unknown("operation", parts[1], verbs);
        var steps = KernelCatalogue.All.SelectMany(k => k.Paths).SelectMany(p => p.Steps).Select(s => s.Name).Distinct(StringComparer.Ordinal).ToList();
        if (steps.Contains(parts[2])) return null;
        var near = Spelling.Nearest(parts[2], steps);
        return $"unknown step '{parts[2]}'; {(near is null ? "" : $"did you mean '{near}'? ")}'hooks show KERNEL' lists the steps";
    }

    /// <summary>An error at a word of the n-th statement of a kind.</summary>
    private static CaseSyntaxException Error(string text, string file, string subject, int statement, int word, string message)
    {
        var lines = text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var words = Word().Matches(lines[i].Split('#')[0]);
            if (words.Count <= word || words[0].Value != subject || statement-- > 0) continue;
            return new CaseSyntaxException(file, i + 1, words[word].Index + 1, message);
        }

        throw new InvalidOperationException($"the parser found a '{subject}' that is not there");
    }

    [GeneratedRegex(@"\S+", RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
