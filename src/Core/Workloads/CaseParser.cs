using System.Collections.Immutable;
using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>
/// Which names exist. The parser knows the words of the language, not the catalogues; whoever knows them gives, for each
/// kind of name, the error message for a name that does not exist, or null.
/// </summary>
/// <param name="Kernel">Of kernels.</param>
/// <param name="Arch">Of architectures.</param>
/// <param name="Invariant">Of invariants.</param>
/// <param name="Step">Of steps.</param>
public sealed record CaseNameChecks(Func<string, string?> Kernel, Func<string, string?> Arch, Func<string, string?> Invariant, Func<string, string?> Step);

/// <summary>Reads the text form of cases. Nothing is guessed: what it does not know is an error with line and column.</summary>
public sealed class CaseParser
{
    private const int MaxOperations = 10_000;

    private readonly string _file;
    private readonly CaseNameChecks? _names;
    private readonly List<Comment> _comments = [];
    private readonly ImmutableArray<SwapConfig>.Builder _swaps = ImmutableArray.CreateBuilder<SwapConfig>();
    private readonly ImmutableArray<Operation>.Builder _operations = ImmutableArray.CreateBuilder<Operation>();
    private readonly ImmutableArray<Expectation>.Builder _fails = ImmutableArray.CreateBuilder<Expectation>();
    private readonly ImmutableSortedDictionary<int, byte>.Builder _expects = ImmutableSortedDictionary.CreateBuilder<int, byte>();
    private string? _kernel;
    private string? _arch;
    private int? _together;
    private int _statements;
    private LineReader _line = new("", 1, "");

    private CaseParser(string file, CaseNameChecks? names)
    {
        _file = file;
        _names = names;
    }

    /// <summary>Reads a case.</summary>
    /// <param name="text">The whole text; lines end in \n or \r\n.</param>
    /// <param name="file">The name for error messages.</param>
    /// <param name="names">Which names exist; null: any.</param>
    /// <exception cref="CaseSyntaxException">The text is not a case, or names what does not exist.</exception>
    public static Case Parse(string text, string file, CaseNameChecks? names = null) => new CaseParser(file, names).Parse(text);

    private Case Parse(string text)
    {
        if (text.StartsWith('\uFEFF')) text = text[1..];
        var lines = text.Split('\n');
        var count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        for (var i = 0; i < count; i++) ParseLine(lines[i].EndsWith('\r') ? lines[i][..^1] : lines[i], i + 1);

        if (_kernel is null) throw new CaseSyntaxException(_file, count + 1, 1, "the case has no kernel; expected a line such as 'kernel v6.5'");
        if (_arch is null) throw new CaseSyntaxException(_file, count + 1, 1, "the case has no architecture; expected a line such as 'arch arm64'");
        if (_swaps.Count == 0) throw new CaseSyntaxException(_file, count + 1, 1, "the case has no swap area; expected a line such as 'swap zram' or 'swap disk slots=4'");
        return new Case(_kernel, _arch, new Workload(_swaps.ToImmutable(), _operations.ToImmutable()), _fails.ToImmutable(), [.. _comments]) { Together = _together, Expects = _expects.ToImmutable() };
    }

    private void ParseLine(string line, int number)
    {
        var hash = CommentIn(line);
        var code = hash < 0 ? line : line[..hash];
        if (string.IsNullOrWhiteSpace(code))
        {
            _comments.Add(new Comment(_statements, Trailing: false, hash < 0 ? "" : line[hash..].TrimEnd()));
            return;
        }

        _line = new LineReader(_file, number, code);
        var subject = _line.Word($"kernel, arch, swap, {OperationReader.Subjects}, together or fails");
        switch (subject)
        {
            case "kernel":
                InOrder(_kernel is null && _arch is null && _swaps.Count == 0, "expected 'kernel' once, as the first statement");
                _kernel = Name("a kernel's name", _names?.Kernel);
                break;
            case "arch":
                InOrder(_kernel is not null && _arch is null && _swaps.Count == 0, "expected 'arch' once, after 'kernel'");
                _arch = Name("an architecture's name", _names?.Arch);
                break;
            case "swap":
                ParseSwap();
                break;
            case "fails":
                ParseFails();
                break;
            case "together":
                InOrder(_swaps.Count > 0 && _fails.Count == 0 && _together is null, "expected 'together' once, in the program");
                _together = _operations.Count;
                break;
            default:
                var (mm, actor) = OperationReader.Subject(subject, _line);
                InOrder(_swaps.Count > 0, "expected 'kernel', 'arch' and 'swap' before the program");
                InOrder(_fails.Count == 0, "expected the program before 'fails'");
                InOrder(_operations.Count < MaxOperations, $"expected at most {MaxOperations} operations");
                var op = OperationReader.Read(mm, actor, _line, _names?.Step);
                if (_together is not null && (op.Until is not null || op.Verb == Verb.Go)) throw _line.ErrorAtWord("who moves when is not said behind 'together'; expected no 'until' and no 'go' there");
                if (_line.IsNext("expect")) ParseExpect(op);
                _operations.Add(op);
                break;
        }

        _line.End();
        if (hash >= 0) _comments.Add(new Comment(_statements, Trailing: true, line[hash..].TrimEnd()));
        _statements++;
    }

    /// <summary>Where a line's comment begins; −1: it has none. A # between a name and a number is none: it counts (<c>P0#4</c>, <c>SetPteAt#2</c>).</summary>
    private static int CommentIn(string line)
    {
        for (var at = line.IndexOf('#', StringComparison.Ordinal); at >= 0; at = line.IndexOf('#', at + 1))
        {
            var counts = at > 0 && char.IsAsciiLetterOrDigit(line[at - 1]) && at + 1 < line.Length && char.IsAsciiDigit(line[at + 1]);
            if (!counts) return at;
        }

        return -1;
    }

    /// <summary>The printer writes statements in the order kernel, arch, swap, operations, fails; so must the text be, or comments would move.</summary>
    private void InOrder(bool ok, string expected)
    {
        if (!ok) throw _line.ErrorAtWord(expected);
    }

    private string Name(string expected, Func<string, string?>? check)
    {
        var name = _line.Word(expected);
        return check?.Invoke(name) is { } error ? throw _line.ErrorAtWord(error) : name;
    }

    private void ParseSwap()
    {
        InOrder(_arch is not null, "expected 'kernel' and 'arch' before the swap areas");
        InOrder(_operations.Count == 0 && _fails.Count == 0, "expected the swap areas before the program");
        InOrder(_swaps.Count < Capacity.Areas, $"expected at most {Capacity.Areas} swap areas");
        var device = _line.Word("zram or disk");
        if (device is not ("zram" or "disk")) throw _line.ErrorAtWord("unknown device '" + device + "'; expected zram (synchronous) or disk");
        var swap = new SwapConfig(device == "zram");
        var given = new HashSet<string>();
        while (_line.TryWord(out var option))
        {
            if (!given.Add(option.Split('=')[0])) throw _line.ErrorAtWord($"'{option}' is given twice; expected each option once");
            if (option.StartsWith("slots=", StringComparison.Ordinal))
            {
                swap = swap with { Slots = _line.Number(option["slots=".Length..], 1, Capacity.MaxAreaSize, "a number of slots") };
            }
            else if (option.StartsWith("priority=", StringComparison.Ordinal))
            {
                swap = swap with { Priority = _line.Number(option["priority=".Length..], 0, SwapConfig.MaxPriority, "a priority") };
            }
            else
            {
                swap = option switch
                {
                    "slot-cache=auto" => swap with { SlotCache = SlotCacheMode.Auto },
                    "slot-cache=on" => swap with { SlotCache = SlotCacheMode.On },
                    "slot-cache=off" => swap with { SlotCache = SlotCacheMode.Off },
                    "stable-writes" => swap with { StableWrites = true },
                    _ => throw _line.ErrorAtWord($"unknown option '{option}'; expected slots=N, slot-cache=auto|on|off, stable-writes or priority=N"),
                };
            }
        }

        _swaps.Add(swap);
    }

    /// <summary>What a read shall read: a value, or 0 where nothing was written.</summary>
    private void ParseExpect(Operation op)
    {
        _line.Word("expect");
        InOrder(op.Verb == Verb.Read, "expected 'expect' behind 'read PAGE' only");
        InOrder(_together is null, "expected no 'expect' behind 'together', where it is not said who moves when");
        _expects[_operations.Count] = (byte)_line.Number(_line.Word("the value that it shall read"), 0, byte.MaxValue, "a value");
    }

    private void ParseFails()
    {
        InOrder(_swaps.Count > 0, "expected 'fails' at the end, after the program");
        var invariant = Name("an invariant's name", _names?.Invariant);
        string? at = null;
        if (_line.TryWord(out var word))
        {
            if (word != "at") throw _line.ErrorAtWord($"unexpected '{word}'; expected 'at' and a step, or the end of the line");
            at = Place(_line.Word("a place such as P0#4 do_swap_page.SetPteAt"));
        }

        _fails.Add(new Expectation(invariant, at));
    }

    /// <summary>A place: <c>P0#4 do_swap_page.SetPteAt</c>, or, as cases said it until the second edition, <c>P0:read:SetPteAt</c>.</summary>
    private string Place(string word)
    {
        if (word.Split(':') is [{ } process, { } verb, { Length: > 0 } step])
        {
            OperationReader.Process(process, _line);
            OperationReader.RequireVerb(verb, _line);
            if (_names?.Step(step) is { } error) throw _line.ErrorAtWord(error);
            return word;
        }

        if (word.Split('#') is not [{ } task, { } ordinal]) throw _line.ErrorAtWord($"'{word}' is not a place; expected TASK#OPERATION PATH.STEP, such as P0#4 do_swap_page.SetPteAt");
        OperationReader.Subject(task, _line);
        _line.Number(ordinal, 1, MaxOperations, "the number of an operation");
        var where = _line.Word("a path and a step, such as do_swap_page.SetPteAt");
        if (!where.Contains('.', StringComparison.Ordinal)) throw _line.ErrorAtWord($"'{where}' is not a step of a path; expected PATH.STEP, such as do_swap_page.SetPteAt");
        OperationReader.Until(where, _line, _names?.Step);
        return $"{word} {where}";
    }
}
