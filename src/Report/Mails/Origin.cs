using System.Collections.Immutable;

namespace Hooks.Report.Mails;

/// <summary>Two neighbouring releases of the catalogue of which one has the bug, and what is known to have made the difference.</summary>
/// <param name="Before">The older release's kernel.</param>
/// <param name="After">The newer release's kernel.</param>
/// <param name="Breaks">Whether the newer one has the bug; otherwise it no longer has it.</param>
/// <param name="Functions">The kernel functions of which one alone, put into the older kernel as the newer one has it, makes the difference; empty: no single one does.</param>
/// <param name="Commits">The commits that the steps new in there are known by. One is known; of several the model cannot tell.</param>
/// <param name="Notes">What else the catalogue says of where these steps come from.</param>
public sealed record Origin(string Before, string After, bool Breaks, ImmutableArray<string> Functions, ImmutableArray<string> Commits, ImmutableArray<string> Notes)
{
    /// <summary>The one commit that did it, if it is known.</summary>
    public string? Commit => Commits is [var only] && Notes.IsEmpty ? only : null;
}
