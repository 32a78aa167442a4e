using Hooks.Core.Invariants;
using Spectre.Console;

namespace Hooks.Cli.Checking;

/// <summary>What the table says of a pair: a word and how many invariants, so that three architectures fit a screen of 80 columns; the rest of the report has the names.</summary>
/// <param name="Text">The words.</param>
/// <param name="Style">The colour, which says nothing that the words do not.</param>
internal readonly record struct VerdictCell(string Text, Style Style)
{
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Bad = new(Color.Red);
    private static readonly Style Known = new(Color.Yellow);
    private static readonly Style Busy = new(Color.Aqua);
    private static readonly Style Quiet = new(Color.Grey);

    /// <summary>The same for a page: <c>good</c>, <c>known</c>, <c>bad</c>, or <c>quiet</c>.</summary>
    public string Looks => Style == Good ? "good" : Style == Known ? "known" : Style == Bad ? "bad" : "quiet";

    /// <summary>While the campaign runs.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="counts">Say how much was run, and not how much of all: that is not known.</param>
    public static VerdictCell Live(PairRun pair, bool counts)
    {
        if (pair.Result is not null && !counts) return Final(pair);
        return pair.Started ? new VerdictCell((counts ? $"{pair.Done}" : $"{pair.Percent} %") + SoFar(pair.Broken), Busy) : new VerdictCell("waiting", Quiet);
    }

    /// <summary>At the end.</summary>
    public static VerdictCell Final(PairRun pair)
    {
        if (pair.Result is not { } result) return new VerdictCell("not run", Quiet);
        var unexpected = result.Unexpected().Count + result.UnexpectedRaces().Count + result.UnexpectedLarge().Count;
        if (unexpected > 0) return new VerdictCell($"{unexpected} NEW", Bad);
        if (!result.Complete) return new VerdictCell($"at {pair.Percent} %{SoFar(result.Broken)}", Quiet);
        var missing = result.Missing();
        if (missing.Count > 0) return new VerdictCell($"{missing.Count} missing", Bad);
        if (result.Unexercised.Count > 0) return new VerdictCell($"{result.Unexercised.Count} vacuous", Bad);
        if (result.Races.Length + result.Large.Length > 0) return new VerdictCell($"{result.Broken.Count}+{result.Races.Length + result.Large.Length} known", Known);
        return result.Broken.Count > 0 ? new VerdictCell($"{result.Broken.Count} known", Known) : new VerdictCell("ok", Good);
    }

    private static string SoFar(InvariantSet broken) => broken.Count == 0 ? "" : $": {broken.Count}";
}
