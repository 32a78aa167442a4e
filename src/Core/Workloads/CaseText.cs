using System.Text;
using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>
/// The text form of cases: a line a statement, like a litmus test. This is the printer; <see cref="CaseParser"/> reads it.
/// <code>
/// # tags lost: swap_free() runs before the restore
/// kernel v5.18
/// arch   arm64
/// swap   zram
/// P0     map a tagged
/// P0     tag a 1
/// P0     pageout a
/// P0     read a
/// fails  tag-preservation at P0#4 do_swap_page.SetPteAt
/// </code>
/// Fields that have their usual value are not printed: <c>slots=8</c>, <c>slot-cache=auto</c>. What runs beside what is part of the program:
/// <code>
/// P0     read a             until PteOffsetMapLock
/// P0.1   write a 2
/// kswapd reclaim P0 a
/// P0     go
/// </code>
/// <c>P0 read a expect 9</c> says what is read. <c>together</c> stands before operations that run beside each other in all ways there are.
/// </summary>
public static class CaseText
{
    private const int FirstColumn = 7;
    private const int UntilColumn = 18;

    /// <summary>The text of a case, with a newline after each line.</summary>
    public static string Print(Case @case)
    {
        var statements = new List<string> { Statement("kernel", @case.Kernel), Statement("arch", @case.Arch) };
        AddWorkload(statements, @case.Workload);
        foreach (var (at, value) in @case.Expects) statements[2 + @case.Workload.Swaps.Length + at] += $" expect {value}";
        if (@case.Together is { } before) statements.Insert(2 + @case.Workload.Swaps.Length + before, "together");
        foreach (var fails in @case.Fails) statements.Add(Statement("fails", fails.ToString()));

        var text = new StringBuilder();
        for (var line = 0; line <= statements.Count; line++)
        {
            foreach (var comment in @case.Comments)
            {
                if (comment.Line == line && !comment.Trailing) text.Append(comment.Text).Append('\n');
            }

            if (line == statements.Count) break;
            text.Append(statements[line]);
            foreach (var comment in @case.Comments)
            {
                if (comment.Line == line && comment.Trailing) text.Append("  ").Append(comment.Text);
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The text of a workload, with a newline after each line.</summary>
    public static string Print(Workload workload)
    {
        var statements = new List<string>();
        AddWorkload(statements, workload);
        return string.Join('\n', statements) + "\n";
    }

    /// <summary>The text of a swap area: <c>disk slots=4 slot-cache=off stable-writes</c>.</summary>
    public static string Print(SwapConfig swap)
    {
        var text = new StringBuilder(swap.Synchronous ? "zram" : "disk");
        if (swap.Slots != SwapConfig.PlainSlots) text.Append(" slots=").Append(swap.Slots);
        if (swap.SlotCache != SlotCacheMode.Auto) text.Append(" slot-cache=").Append(swap.SlotCache == SlotCacheMode.On ? "on" : "off");
        if (swap.StableWrites) text.Append(" stable-writes");
        if (swap.Priority >= 0) text.Append(" priority=").Append(swap.Priority);
        return text.ToString();
    }

    /// <summary>The text of an operation, without who does it.</summary>
    public static string Print(Operation op) => op.Until is { } until ? $"{PrintWhole(op).PadRight(UntilColumn)} until {until}" : PrintWhole(op);

    private static string PrintWhole(Operation op)
    {
        var whose = op.Actor == Actor.Kswapd ? $"{op.Mm} " : "";
        var end = op.End == SwapOutEnd.Gone ? "" : " " + Word(op.End);
        return op.Verb switch
        {
            Verb.Map => $"map {op.Page}" + (op.IsLarge ? $"-{op.To}" : "") + (((MapFlags)op.Value & MapFlags.Tagged) != 0 ? " tagged" : "") + (op.IsLarge ? " large" : ""),
            Verb.Write or Verb.Dma => $"{Word(op.Verb)} {op.Page} {op.Value}",
            Verb.Tag => $"tag {op.Page}" + (op.Granule == 0 ? "" : $".{op.Granule - 1}") + $" {op.Value}",
            Verb.Fork => $"fork {op.Child}",
            Verb.Exit or Verb.ClearRefs or Verb.DrainSlots or Verb.Go => Word(op.Verb),
            Verb.Mremap or Verb.UffdMove => $"{Word(op.Verb)} {op.Page} {op.To}",
            Verb.Pin => $"pin {op.Page}" + ((op.Pin & PinFlags.Write) != 0 ? " write" : "") + ((op.Pin & PinFlags.Get) != 0 ? " get" : ""),
            Verb.Mprotect => $"mprotect {op.Page}" + (Protection)op.Value switch { Protection.None => " none", Protection.ReadWrite => " rw", _ => "" },
            Verb.Unpin => $"unpin {op.Page}" + ((op.Pin & PinFlags.Dirty) != 0 ? " dirty" : ""),
            Verb.SwapOff or Verb.SwapOn => $"{Word(op.Verb)} {op.Value}",
            Verb.SwapMax => op.Value == Operation.NoSwapMax ? "swapmax max" : $"swapmax {op.Value}",
            Verb.Fail => $"fail {Word(op.Fault)}" + (op.Value == 1 ? "" : $" {op.Value}"),
            Verb.Pageout or Verb.Reclaim => $"{Word(op.Verb)} {whose}{op.Page}{end}",
            _ => $"{Word(op.Verb)} {op.Page}",
        };
    }

    /// <summary>The word of a verb.</summary>
    public static string Word(Verb verb) => verb.ToString().ToLowerInvariant();

    /// <summary>The word of an end.</summary>
    public static string Word(SwapOutEnd end) => end.ToString().ToLowerInvariant();

    /// <summary>The word of what can be made to fail.</summary>
    public static string Word(FaultKind kind) => kind.ToString().ToLowerInvariant();

    private static void AddWorkload(List<string> statements, Workload workload)
    {
        foreach (var swap in workload.Swaps) statements.Add(Statement("swap", Print(swap)));
        foreach (var op in workload.Operations) statements.Add(Statement(op.Task.ToString(), Print(op)));
    }

    private static string Statement(string subject, string rest) => subject.PadRight(FirstColumn) + rest;
}
