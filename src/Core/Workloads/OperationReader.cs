using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>Reads one operation from the words of a line.</summary>
internal static class OperationReader
{
    private const string AnyPage = "a page, a … d";

    /// <summary>A process.</summary>
    public static MmId Process(string word, LineReader line)
    {
        if (word is ['P', >= '0' and < (char)('0' + Capacity.Mms)]) return new MmId((byte)(word[1] - '0'));
        throw line.ErrorAtWord($"unknown word '{word}'; expected kernel, arch, swap, a process (P0 … P{Capacity.Mms - 1}) or fails");
    }

    /// <summary>The verb of a word.</summary>
    public static Verb RequireVerb(string word, LineReader line) => OneOf<Verb>(word, CaseText.Word, line, "operation");

    /// <summary>An operation of a process.</summary>
    public static Operation Read(MmId mm, LineReader line)
    {
        var verb = RequireVerb(line.Word("an operation"), line);
        var op = new Operation(mm, verb);
        switch (verb)
        {
            case Verb.Exit or Verb.ClearRefs or Verb.DrainSlots:
                return op;
            case Verb.Fork:
                var child = line.Word($"the child, P0 … P{Capacity.Mms - 1}");
                return op with { Child = Process(child, line) };
            case Verb.SwapOff or Verb.SwapOn:
                return op with { Value = (byte)line.Number(line.Word("a swap area, counted from 0"), 0, Capacity.Areas - 1, "a swap area") };
            case Verb.Fail:
                op = op with { Fault = OneOf<FaultKind>(line.Word("alloc, read, save or unmap"), CaseText.Word, line, "call"), Value = 1 };
                return line.TryWord(out var nth) ? op with { Value = (byte)line.Number(nth, 1, byte.MaxValue, "which call") } : op;
            case Verb.Tag:
                return ReadTag(op, line);
        }

        op = op with { Page = Page(line.Word(AnyPage), line) };
        switch (verb)
        {
            case Verb.Mremap:
                return op with { To = Page(line.Word(AnyPage), line) };
            case Verb.Pin:
                return op with { Pin = Pin(line) };
            case Verb.Write or Verb.Dma:
                return op with { Value = line.TryWord(out var value) ? (byte)line.Number(value, 1, byte.MaxValue, "a value") : (byte)1 };
            case Verb.Map:
                return line.TryWord(out var tagged) ? op with { Value = Tagged(tagged, line) } : op;
            case Verb.Pageout or Verb.Reclaim:
                return line.TryWord(out var end) ? op with { End = End(end, line) } : op;
            default:
                return op;
        }
    }

    private static Operation ReadTag(Operation op, LineReader line)
    {
        var word = line.Word("a page, a … d, or a granule of it, such as a.0");
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

    private static PinFlags Pin(LineReader line)
    {
        var pin = PinFlags.None;
        while (line.TryWord(out var word))
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
        throw line.ErrorAtWord($"unknown page '{word}'; expected a … {(char)('a' + Capacity.Pages - 1)}");
    }

    private static byte Tagged(string word, LineReader line) =>
        word == "tagged" ? (byte)1 : throw line.ErrorAtWord($"unexpected '{word}'; expected 'tagged' or the end of the line");

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

        throw line.ErrorAtWord($"unknown {what} '{word}'; expected {string.Join(", ", Enum.GetValues<T>().Select(name))}");
    }
}
