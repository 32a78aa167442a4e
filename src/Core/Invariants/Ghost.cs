using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>What the exclusive check of a task's do_swap_page() saw.</summary>
/// <param name="Refs">The reference count.</param>
/// <param name="InCache">Whether the folio was in the swap cache.</param>
/// <param name="InBatch">Whether the folio was in an LRU batch.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct ExclusiveCheck(byte Refs, bool InCache, bool InBatch);

/// <summary>
/// What only checkers need to know, and no kernel knows: kept from observations, beside the oracle and out of reach of paths and hooks.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Ghost
{
    private PerTask _checks;

    /// <summary>
    /// Entries that should have saved metadata: arch_prepare_to_swap() saved some and succeeded, and the slot has not been returned
    /// since. It and <see cref="Arch.MetadataStore.Saved"/> must be equal after every step (metadata-lifetime).
    /// </summary>
    public BitSet<SwapEntry> Owed { readonly get; private set; }

    /// <summary>Entries whose last read failed, and that are still in use.</summary>
    public BitSet<SwapEntry> ReadFailed { readonly get; private set; }

    /// <summary>Pages at which a poison marker stands because a read failed: an access may be SIGBUS.</summary>
    public BitSet<PageAt> Lost { readonly get; private set; }

    /// <summary>Pages whose metadata was saved by address, and not restored since.</summary>
    public BitSet<PageAt> SavedAt { readonly get; private set; }

    /// <summary>What a task's exclusive check saw.</summary>
    public readonly ExclusiveCheck CheckOf(TaskId task) => _checks[task.Value];

    /// <summary>Whether an access to a page may end in SIGBUS: what was there could not be read.</summary>
    public readonly bool MayBeLost(PageAt at, Pte pte) => pte.IsSwap ? ReadFailed.Contains(pte.Entry) : Lost.Contains(at);

    /// <summary>Follows what a step has done.</summary>
    /// <returns>What more the step counts for.</returns>
    internal Mark Follow(in StepReport report)
    {
        var marks = Mark.None;
        if (report.SlotsReturned.Any)
        {
            if ((Owed & report.SlotsReturned).Any) marks |= Mark.MetadataDropped;
            Owed = Owed.Except(report.SlotsReturned);
            ReadFailed = ReadFailed.Except(report.SlotsReturned);
        }

        for (var i = 0; i < report.Observations.Count; i++) marks |= Follow(report.Observations[i], report.Task);
        return marks;
    }

    private Mark Follow(in Observation o, TaskId task)
    {
        switch (o.Kind)
        {
            case ObservationKind.CheckedExclusive:
                _checks[task.Value] = new ExclusiveCheck(o.Value, o.Yes, o.AlsoYes);
                break;
            case ObservationKind.SwapInAlone:
                break;
            case ObservationKind.Prepared:
                Owed = Owed.With(o.Entry);
                break;
            case ObservationKind.SavedGivenUp:
                Owed = Owed.Without(o.Entry);
                break;
            case ObservationKind.ReadFailed:
                ReadFailed = ReadFailed.With(o.Entry);
                break;
            case ObservationKind.ReadDone:
                ReadFailed = ReadFailed.Without(o.Entry);
                break;
            case ObservationKind.Poisoned:
                if (ReadFailed.Contains(o.Entry)) Lost = Lost.With(o.At);
                break;
            case ObservationKind.Forked:
                Lost = Lost.Contains(o.At) ? Lost.With(o.To) : Lost.Without(o.To);
                break;
            case ObservationKind.Moved:
                Lost = Lost.Contains(o.At) ? Lost.Without(o.At).With(o.To) : Lost.Without(o.To);
                break;
            case ObservationKind.Mapped or ObservationKind.Unmapped:
                Lost = Lost.Without(o.At);
                break;
            case ObservationKind.SavedAt:
                SavedAt = SavedAt.With(o.At);
                break;
            case ObservationKind.RestoredAt:
                for (var i = o.At.Number; i <= o.To.Number; i++) SavedAt = SavedAt.Without(PageAt.At(i));
                return Mark.MetadataDropped;
            case ObservationKind.ContextGone:
                SavedAt = SavedAt.Except(PageAt.AllOf(o.At.Mm));
                Lost = Lost.Except(PageAt.AllOf(o.At.Mm));
                break;
        }

        return Mark.None;
    }

    /// <summary>A task's operation has ended: what its check saw is of no consequence any more.</summary>
    internal void Forget(TaskId task) => _checks[task.Value] = default;

    [InlineArray(Capacity.Tasks)]
    private struct PerTask
    {
        private ExclusiveCheck _element;
    }
}
