using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Report.Repro;

/// <summary>What user space can do of a case, and what not.</summary>
internal static class UserSpace
{
    /// <summary>Why an operation cannot be done; null if it can.</summary>
    public static string? WhyNot(Operation op) => op.Verb switch
    {
        Verb.Fail => "user space cannot make the kernel's own calls fail",
        Verb.EndIo => "a device ends its writes when it likes",
        Verb.ClearRefs => "arm64 has no soft-dirty bit, and nothing of data or tags goes by it",
        _ when op.Actor == Actor.Kswapd => "kswapd cannot be told what to take",
        Verb.Unpin when (op.Pin & PinFlags.Dirty) != 0 => "io_uring, whose pins last, says nothing of dirty when it unpins",
        Verb.Pin when ((op.Pin & PinFlags.Write) != 0) == ((op.Pin & PinFlags.Get) != 0) => (op.Pin & PinFlags.Write) != 0
            ? "no system call takes a plain reference for writing that lasts"
            : "no system call pins for reading for longer than it takes",
        _ => null,
    };

    /// <summary>Says which operation of a case cannot be done.</summary>
    /// <exception cref="CannotReproduceException">There is one.</exception>
    public static void Check(Case @case)
    {
        var number = 0;
        foreach (var op in @case.Workload.Operations)
        {
            number++;
            if (WhyNot(op) is { } why) throw new CannotReproduceException($"operation {number}, '{op.Task} {op}': {why}; no program from user space can do this case ('hooks run' can)");
        }

        LargeRange.Widen(@case.Workload, out var widened, out var inTheWay);
        if (inTheWay is { } page) throw new CannotReproduceException($"'{widened}': large folios of anonymous memory have four pages at least, and this case has something else at page {page}; no program can do it so ('hooks run' can)");
    }
}
