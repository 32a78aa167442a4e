namespace Hooks.KernelSource.Patches;

/// <summary>A line of a hunk.</summary>
/// <param name="Kind">A blank: context; '-': taken away; '+': added.</param>
/// <param name="Text">The line without that.</param>
public readonly record struct HunkLine(char Kind, string Text);

/// <summary>A hunk: lines of a file as they are to be found, and as they are to become.</summary>
/// <param name="Start">The line at which the old ones are said to begin.</param>
/// <param name="Lines">The lines.</param>
/// <param name="Where">The patch file and line of its <c>@@</c>.</param>
public sealed record Hunk(int Start, IReadOnlyList<HunkLine> Lines, string Where)
{
    /// <summary>The lines to be found.</summary>
    public IEnumerable<string> Old => Lines.Where(l => l.Kind != '+').Select(l => l.Text);

    /// <summary>The lines that they become.</summary>
    public IEnumerable<string> New => Lines.Where(l => l.Kind != '-').Select(l => l.Text);
}

/// <summary>What a patch does to a file.</summary>
/// <param name="Path">The file, from the tree's root; of one that is new, its new name.</param>
/// <param name="IsNew">Whether there was none before.</param>
/// <param name="IsDeleted">Whether there is none after.</param>
/// <param name="Hunks">The hunks, in order.</param>
public sealed record FilePatch(string Path, bool IsNew, bool IsDeleted, IReadOnlyList<Hunk> Hunks);

/// <summary>A patch.</summary>
/// <param name="Subject">The subject of its mail, or the name of its file.</param>
/// <param name="Files">What it does.</param>
public sealed record Patch(string Subject, IReadOnlyList<FilePatch> Files);

/// <summary>Where a hunk was put.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">The line at which it now begins.</param>
/// <param name="Offset">How many lines from where it was to begin.</param>
/// <param name="Fuzz">How many lines of context at its ends were not looked at.</param>
/// <param name="Hunk">The hunk.</param>
public sealed record AppliedHunk(string Path, int Line, int Offset, int Fuzz, Hunk Hunk)
{
    /// <summary>The lines of the file after all patches that it has added.</summary>
    public IReadOnlyList<int> Added { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Path}: hunk at line {Line}" + (Offset == 0 ? "" : $", offset {Offset}") + (Fuzz == 0 ? "" : $", fuzz {Fuzz}");
}
