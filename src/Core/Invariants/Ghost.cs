using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>What a task's do_swap_page() saw.</summary>
/// <param name="Refs">The reference count, at the exclusive check.</param>
/// <param name="InCache">Whether the folio was in the swap cache then.</param>
/// <param name="InBatch">Whether the folio was in an LRU batch then.</param>
/// <param name="ReadFailed">Whether it found a page that really could not be read.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct SwapInSeen(byte Refs, bool InCache, bool InBatch, bool ReadFailed);

/// <summary>
/// What only checkers need to know, and no kernel knows: kept from observations, beside the oracle and out of reach of paths and hooks.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Ghost
{
    private PerTask _seen;

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

    /// <summary>What a task's do_swap_page() saw, in the operation that is under way.</summary>
    public readonly SwapInSeen SeenBy(TaskId task) => _seen[task.Value];

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
                _seen[task.Value] = new SwapInSeen(o.Value, o.Yes, o.AlsoYes, _seen[task.Value].ReadFailed);
                break;
            case ObservationKind.NotUptodate:
                if (ReadFailed.Contains(o.Entry)) _seen[task.Value] = _seen[task.Value] with { ReadFailed = true };
                break;
            case ObservationKind.Prepared:
                Owed = Owed.With(o.Entry);
                break;
            case ObservationKind.SavedGivenUp:
                Owed = Owed.Without(o.Entry);
                break;
            case ObservationKind.ReadFailed:
                ReadFailed = ReadFailed.With(o.Entry);
                _seen[task.Value] = _seen[task.Value] with { ReadFailed = true };
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
            case ObservationKind.Mapped or ObservationKind.Unmapped or ObservationKind.Discarded or ObservationKind.LazyFreed:
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

    /// <summary>A task's operation has ended: what it saw is of no consequence any more.</summary>
    internal void Forget(TaskId task) => _seen[task.Value] = default;

    [InlineArray(Capacity.Tasks)]
    private struct PerTask
    {
        private SwapInSeen _element;
    }
}
