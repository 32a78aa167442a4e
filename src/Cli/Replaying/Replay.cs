using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Replaying;

/// <summary>A case that was run again.</summary>
/// <param name="File">The case.</param>
/// <param name="Kernel">The kernel it was run on.</param>
/// <param name="Architecture">The architecture it was run on.</param>
/// <param name="Trace">What happened.</param>
internal sealed record Replay(CaseFile File, Kernel Kernel, IArchitecture Architecture, Trace Trace)
{
    /// <summary>Whether what the <c>fails</c> lines say happened (without any: nothing failed), and each read has read what it shall. More may have failed than they name.</summary>
    public bool AsExpected => Unread.Count == 0 && FailsAsExpected;

    /// <summary>The reads that did not read what the case says: which operation, what it shall read, and what it did; null: it did not come to that.</summary>
    public IReadOnlyList<(int Operation, byte Expected, byte? Seen)> Unread =>
    [
        .. File.Case.Expects
            .Select(e => (e.Key, e.Value, Seen: Trace.Values.TryGetValue(e.Key, out var value) ? value : (byte?)null))
            .Where(e => e.Seen != e.Value),
    ];

    private bool FailsAsExpected => File.Case.Fails.Length == 0 ? Trace.Violations.Length == 0 : File.Case.Fails.All(Happened);

    /// <summary>Operations that should have been left standing, and ended without coming to the step; and whether the kernel has it.</summary>
    public IReadOnlyList<(Operation Op, bool HasStep)> NeverStood =>
    [
        .. Trace.Operations
            .Where(o => o.Op.Until is not null && o.Result is not (OpResult.None or OpResult.NotApplicable))
            .Select(o => (o.Op, Kernel.HasStep(o.Op.Until!))),
    ];

    /// <summary>Whether a page was swapped out.</summary>
    public bool SwapsOut => (Trace.Seen & Mark.SwapOut) != 0;

    /// <summary>Runs a case.</summary>
    /// <param name="file">The case.</param>
    /// <param name="kernel">On which kernel.</param>
    /// <param name="architecture">On which architecture.</param>
    /// <param name="steps">Take down every step, and not only those that break something.</param>
    /// <exception cref="InputException">The case needs more than the model has.</exception>
    public static Replay Of(CaseFile file, Kernel kernel, IArchitecture architecture, bool steps)
    {
        try
        {
            return new Replay(file, kernel, architecture, steps ? Trace.Record(file.Case.Workload, kernel, architecture) : Trace.RecordBreaks(file.Case.Workload, kernel, architecture));
        }
        catch (CapacityException e)
        {
            throw new InputException($"{file.Shown}: {e.Message}");
        }
    }

    /// <summary>Whether a violation is one that the case names.</summary>
    public bool Names(Violation violation) => File.Case.Fails.Any(expected => Is(expected, violation));

    private bool Happened(Expectation expected) => Trace.Violations.Any(v => Is(expected, v));

    private static bool Is(Expectation expected, Violation violation) =>
        InvariantCatalogue.Of(violation.Breach.Invariant).Name == expected.Invariant
        && expected.IsAt(violation.Place);
}
