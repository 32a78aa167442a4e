using Hooks.Core.Mm;
using Hooks.Core.Paths;

namespace Hooks.Core.Workloads;

/// <summary>Reads one operation from the words of a line.</summary>
internal static class OperationReader
{
    private static readonly string AnyPage = $"a page, {Pages}";

    /// <summary>Who can do something, in words.</summary>
    public static string Subjects { get; } = $"a process (P0 … P{Capacity.Mms - 1}), one of its threads (P0.1 … P0.{Capacity.Threads - 1}), kswapd";

    /// <summary>The pages, in words.</summary>
    public static string Pages => $"a … {(char)('a' + Capacity.Pages - 1)}";

    /// <summary>A process.</summary>
    public static MmId Process(string word, LineReader line)
    {
        if (word is ['P', >= '0' and < (char)('0' + Capacity.Mms)]) return new MmId((byte)(word[1] - '0'));
        throw Unknown(word, line);
    }

    /// <summary>Who does it: a process (its first thread), a thread, or kswapd.</summary>
    public static (MmId Mm, Actor Actor) Subject(string word, LineReader line) => word switch
    {
        "kswapd" => (default, Actor.Kswapd),
        ['P', >= '0' and < (char)('0' + Capacity.Mms), '.', >= '1' and < (char)('0' + Capacity.Threads)] => (new MmId((byte)(word[1] - '0')), Operation.Thread(word[3] - '0')),
        _ => (Process(word, line), Actor.First),
    };

    /// <summary>The verb of a word.</summary>
    public static Verb RequireVerb(string word, LineReader line) => OneOf<Verb>(word, CaseText.Word, line, "operation");

    /// <summary>An operation, and where it shall be left standing.</summary>
    public static Operation Read(MmId mm, Actor actor, LineReader line, Func<string, string?>? step)
    {
        var verb = RequireVerb(line.Word("an operation"), line);
        if (actor == Actor.Kswapd)
        {
            if (verb is not (Verb.Reclaim or Verb.Go)) throw line.ErrorAtWord($"kswapd cannot {CaseText.Word(verb)}; expected reclaim or go");
            if (verb == Verb.Reclaim) mm = Process(line.Word("the process whose page is meant"), line);
        }

        var op = ReadWhole(new Operation(mm, verb, Actor: actor), line);
        if (line.IsNext("expect") || !line.TryWord(out var until)) return op;
        if (until != "until") throw line.ErrorAtWord($"unexpected '{until}'; expected 'until' and a step, or the end of the line");
        return op with { Until = Until(line.Word("a step such as PteOffsetMapLock, or do_wp_page.PteOffsetMapLock#2"), line, step) };
    }

    /// <summary>A step, of any path or a given one, and the how manieth time.</summary>
    public static Until Until(string word, LineReader line, Func<string, string?>? check)
    {
        var occurrence = 1;
        var name = word;
        if (word.Split('#') is [{ } before, { } number])
        {
            name = before;
            occurrence = line.Number(number, 1, Machine.StepLimit, "how often");
        }

        var path = PathId.None;
        if (name.Split('.') is [{ } of, { } rest])
        {
            if (!PathNames.TryParse(of, out path)) throw line.ErrorAtWord($"unknown path '{of}'; expected one such as do_swap_page, or a step alone");
            name = rest;
        }

        if (name.Length == 0) throw line.ErrorAtWord($"'{word}' names no step");
        if (check?.Invoke(name) is { } unknown) throw line.ErrorAtWord(unknown);
        return new Until(name, path, occurrence);
    }

    private static CaseSyntaxException Unknown(string word, LineReader line) =>
        line.ErrorAtWord($"unknown word '{word}'; expected kernel, arch, swap, {Subjects} or fails");

    private static Operation ReadWhole(Operation op, LineReader line)
    {
        switch (op.Verb)
        {
            case Verb.Exit or Verb.ClearRefs or Verb.DrainSlots or Verb.Go:
                return op;
            case Verb.Fork:
                var child = line.Word($"the child, P0 … P{Capacity.Mms - 1}");
                return op with { Child = Process(child, line) };
            case Verb.SwapOff or Verb.SwapOn:
                return op with { Value = (byte)line.Number(line.Word("a swap area, counted from 0"), 0, Capacity.Areas - 1, "a swap area") };
            case Verb.Fail:
                op = op with { Fault = OneOf<FaultKind>(line.Word("alloc, read, save or unmap"), CaseText.Word, line, "call"), Value = 1 };
                return TryOption(line, out var nth) ? op with { Value = (byte)line.Number(nth, 1, byte.MaxValue, "which call") } : op;
            case Verb.SwapMax:
                var limit = line.Word("a number of slots, or max");
                return op with { Value = limit == "max" ? Operation.NoSwapMax : (byte)line.Number(limit, 0, Operation.NoSwapMax - 1, "a number of slots, or max") };
            case Verb.Tag:
                return ReadTag(op, line);
        }

        if (op.Verb == Verb.Map) return ReadMap(op, line);
        op = op with { Page = Page(line.Word(AnyPage), line) };
        switch (op.Verb)
        {
            case Verb.Mremap or Verb.UffdMove:
                return op with { To = Page(line.Word(AnyPage), line) };
            case Verb.Pin:
                return op with { Pin = Pin(line) };
            case Verb.Unpin:
                return TryOption(line, out var word)
                    ? op with { Pin = word == "dirty" ? PinFlags.Dirty : throw line.ErrorAtWord($"unexpected '{word}'; expected dirty or the end of the line") }
                    : op;
            case Verb.Write or Verb.Dma:
                return op with { Value = TryOption(line, out var value) ? (byte)line.Number(value, 1, byte.MaxValue, "a value") : (byte)1 };
            case Verb.Mprotect:
                return TryOption(line, out var access) ? op with { Value = Access(access, line) } : op;
            case Verb.Pageout or Verb.Reclaim:
                return TryOption(line, out var end) ? op with { End = End(end, line) } : op;
            default:
                return op;
        }
    }

    /// <summary>A page, or neighbouring ones that may come in large folios.</summary>
    private static Operation ReadMap(Operation op, LineReader line)
    {
        var word = line.Word($"{AnyPage}, or several, a-b");
        var first = Page(word.Split('-') is [var from, _] ? from : word, line);
        var flags = MapFlags.None;
        if (word.Split('-') is [_, var to])
        {
            op = op with { To = Page(to, line) };
            if (op.To.Value <= first.Value) throw line.ErrorAtWord($"'{word}': expected the lower page first, and another one behind it");
        }

        while (TryOption(line, out var option))
        {
            var flag = option switch
            {
                "tagged" => MapFlags.Tagged,
                "large" => MapFlags.Large,
                _ => throw line.ErrorAtWord($"unexpected '{option}'; expected 'tagged', 'large' or the end of the line"),
            };
            if ((flags & flag) != 0) throw line.ErrorAtWord($"'{option}' is given twice; expected each option once");
            if (flag == MapFlags.Large && op.To == default) throw line.ErrorAtWord("large: expected several pages, such as map a-b large");
            flags |= flag;
        }

        if (op.To != default && (flags & MapFlags.Large) == 0) throw line.ErrorAtWord($"'{word}': expected 'large' behind several pages; without it, map each page");
        return op with { Page = first, Value = (byte)flags };
    }

    private static Operation ReadTag(Operation op, LineReader line)
    {
        var word = line.Word($"{AnyPage}, or a granule of it, such as a.0");
        if (word.Split('.') is [var page, var granule])
        {
            op = op with { Granule = (byte)(1 + line.Number(granule, 0, PageTags.Granules - 1, "a granule")) };
            word = page;
        }

        return op with
        {
            Page = Page(word, line),
            Value = (byte)line.Number(line.Word("a tag, 0 … 15"), 0, 15, "a tag"),
        };
    }

    /// <summary>The next word, unless it begins what may stand behind any operation.</summary>
    private static bool TryOption(LineReader line, out string word)
    {
        word = "";
        return !line.IsNext("until") && line.TryWord(out word);
    }

    private static PinFlags Pin(LineReader line)
    {
        var pin = PinFlags.None;
        while (TryOption(line, out var word))
        {
            var flag = word switch
            {
                "write" => PinFlags.Write,
                "get" => PinFlags.Get,
                _ => throw line.ErrorAtWord($"unexpected '{word}'; expected write, get or the end of the line"),
            };
            if ((pin & flag) != 0) throw line.ErrorAtWord($"'{word}' is given twice; expected each option once");
            pin |= flag;
        }

        return pin;
    }

    private static Vpn Page(string word, LineReader line)
    {
        if (word is [>= 'a' and < (char)('a' + Capacity.Pages)]) return new Vpn((byte)(word[0] - 'a'));
        throw line.ErrorAtWord($"unknown page '{word}'; expected {Pages}");
    }

    private static byte Access(string word, LineReader line) => word switch
    {
        "none" => (byte)Protection.None,
        "rw" => (byte)Protection.ReadWrite,
        _ => throw line.ErrorAtWord($"unexpected '{word}'; expected none, rw or the end of the line"),
    };

    private static SwapOutEnd End(string word, LineReader line) => word switch
    {
        "gone" => SwapOutEnd.Gone,
        "cached" => SwapOutEnd.Cached,
        "writeback" => SwapOutEnd.Writeback,
        _ => throw line.ErrorAtWord($"unexpected '{word}'; expected gone, cached, writeback or the end of the line"),
    };

    private static T OneOf<T>(string word, Func<T, string> name, LineReader line, string what)
        where T : struct, Enum
    {
        foreach (var candidate in Enum.GetValues<T>())
        {
            if (name(candidate) == word) return candidate;
        }

        var near = Spelling.Nearest(word, Enum.GetValues<T>().Select(name));
        throw line.ErrorAtWord($"unknown {what} '{word}'; {(near is null ? "" : $"did you mean '{near}'? ")}expected {string.Join(", ", Enum.GetValues<T>().Select(name))}");
    }
}
