namespace Hooks.KernelSource.Patches;

/// <summary>A tree with patches applied, in memory; nothing is written.</summary>
public sealed class PatchedFiles : IKernelFiles
{
    /// <summary>How many lines of context at the ends of a hunk may be left out of the comparison, as with patch(1).</summary>
    public const int MaxFuzz = 2;

    private readonly IKernelFiles _base;
    private readonly Dictionary<string, string?> _changed = new(StringComparer.Ordinal);
    private readonly List<AppliedHunk> _applied = [];

    private PatchedFiles(IKernelFiles files) => _base = files;

    /// <inheritdoc/>
    public string Name => _base.Name + ", patched";

    /// <summary>Where each hunk was put, in the order of the patches.</summary>
    public IReadOnlyList<AppliedHunk> Applied => _applied;

    /// <summary>The files that differ.</summary>
    public IEnumerable<string> Changed => _changed.Keys.Order(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string? Read(string path) => _changed.TryGetValue(path, out var text) ? text : _base.Read(path);

    /// <summary>A tree with patches applied, one after the other.</summary>
    /// <exception cref="SourceException">A hunk fits nowhere.</exception>
    public static PatchedFiles Apply(IKernelFiles files, IReadOnlyList<Patch> patches)
    {
        var patched = new PatchedFiles(files);
        foreach (var file in patches.SelectMany(p => p.Files)) patched.Apply(file);
        return patched;
    }

    private void Apply(FilePatch file)
    {
        if (file.IsNew)
        {
            _changed[file.Path] = string.Join('\n', file.Hunks.SelectMany(h => h.New)) + "\n";
            return;
        }

        if (Read(file.Path) is not { } text) throw new SourceException($"{file.Hunks[0].Where}: the patch changes {file.Path}, which {_base.Name} does not have; is it for another tree?");
        if (file.IsDeleted)
        {
            _changed[file.Path] = null;
            return;
        }

        var lines = text.Split('\n').ToList();
        var (offset, shift, from) = (0, 0, 0);
        foreach (var hunk in file.Hunks)
        {
            var (at, fuzz) = Place(lines, hunk, Math.Max(hunk.Start - 1, 0) + offset, from) ?? throw NoPlace(file.Path, lines, hunk);
            var (head, body, tail) = Trimmed(hunk, fuzz);
            var added = new List<int>();
            var line = at;
            foreach (var l in body)
            {
                if (l.Kind == '-')
                {
                    lines.RemoveAt(line);
                    continue;
                }

                if (l.Kind == '+')
                {
                    lines.Insert(line, l.Text);
                    added.Add(line + 1);
                }

                line++;
            }

            // Hunks of earlier patches that stand below have moved.
            var by = body.Count(l => l.Kind == '+') - body.Count(l => l.Kind == '-');
            for (var i = 0; i < _applied.Count; i++)
            {
                if (_applied[i].Path == file.Path && _applied[i].Line > at) _applied[i] = _applied[i] with { Line = _applied[i].Line + by, Added = [.. _applied[i].Added.Select(a => a > at ? a + by : a)] };
            }

            _applied.Add(new AppliedHunk(file.Path, at - head + 1, at - head - Math.Max(hunk.Start - 1, 0) - shift, fuzz, hunk) { Added = added });
            shift += by;
            offset = at - head - Math.Max(hunk.Start - 1, 0) + by;
            from = line + tail;
        }

        _changed[file.Path] = string.Join('\n', lines);
    }

    /// <summary>Where a hunk fits: nearest to where it should, with as little fuzz as possible.</summary>
    private static (int At, int Fuzz)? Place(List<string> lines, Hunk hunk, int expected, int from)
    {
        for (var fuzz = 0; fuzz <= MaxFuzz; fuzz++)
        {
            var (head, body, tail) = Trimmed(hunk, fuzz);
            if (fuzz > 0 && head == 0 && tail == 0) break;
            var old = body.Where(l => l.Kind != '+').Select(l => l.Text).ToArray();
            if (old.Length == 0 && hunk.Lines.Any(l => l.Kind == ' ')) break;
            for (var distance = 0; distance <= lines.Count; distance++)
            {
                if (Fits(lines, old, expected + head + distance, from)) return (expected + head + distance, fuzz);
                if (distance > 0 && Fits(lines, old, expected + head - distance, from)) return (expected + head - distance, fuzz);
            }
        }

        return null;
    }

    private static bool Fits(List<string> lines, string[] old, int at, int from)
    {
        if (at < from || at + old.Length > lines.Count) return false;
        for (var i = 0; i < old.Length; i++)
        {
            if (lines[at + i] != old[i]) return false;
        }

        return true;
    }

    /// <summary>A hunk without some lines of context at its ends; how many were left out in front and behind.</summary>
    private static (int Head, List<HunkLine> Body, int Tail) Trimmed(Hunk hunk, int fuzz)
    {
        var head = hunk.Lines.TakeWhile(l => l.Kind == ' ').Count();
        var tail = hunk.Lines.Reverse().TakeWhile(l => l.Kind == ' ').Count();

        // As patch(1): the longer end gives first, so that both keep what they can.
        var context = Math.Max(head, tail);
        var cutHead = Math.Clamp(fuzz - (context - head), 0, head);
        var cutTail = Math.Clamp(fuzz - (context - tail), 0, tail);
        return (cutHead, [.. hunk.Lines.Skip(cutHead).Take(hunk.Lines.Count - cutHead - cutTail)], cutTail);
    }

    private SourceException NoPlace(string path, List<string> lines, Hunk hunk)
    {
        if (Place(lines, new Hunk(hunk.Start, [.. hunk.Lines.Select(l => l with { Kind = l.Kind switch { '+' => '-', '-' => '+', _ => ' ' } })], hunk.Where), Math.Max(hunk.Start - 1, 0), 0) is { Fuzz: 0 } there
            && hunk.New.Count() > 2)
        {
            return new SourceException($"{hunk.Where}: the hunk does not fit {path}; at line {there.At + 1} it is there already: is the patch applied in {_base.Name}?");
        }

        var old = hunk.Old.ToArray();
        var (nearest, most) = (0, -1);
        for (var at = 0; at < lines.Count; at++)
        {
            var same = 0;
            for (var i = 0; i < old.Length && at + i < lines.Count; i++) same += lines[at + i] == old[i] ? 1 : 0;
            if (same > most) (nearest, most) = (at, same);
        }

        var missing = old.Select((text, i) => (text, i)).FirstOrDefault(o => nearest + o.i >= lines.Count || lines[nearest + o.i] != o.text);
        return new SourceException(
            $"{hunk.Where}: the hunk fits {path} nowhere, nor with {MaxFuzz} lines of fuzz; nearest is line {nearest + 1}, where {most} of {old.Length} lines are the same and"
            + $" the first that is not is '{missing.text?.Trim()}'. Give a tree that the patch is made for, or its series in order");
    }
}
