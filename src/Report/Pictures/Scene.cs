using Hooks.Core.Mm;

namespace Hooks.Report.Pictures;

/// <summary>A row of a table of the machine: a name, what is to be said of it, and what it points to.</summary>
/// <param name="Name">What it is: <c>P0 a</c>, <c>pfn 2</c>, <c>swap 0:1</c>.</param>
/// <param name="Text">In words.</param>
/// <param name="Tags">Tags, granule by granule, as hexadecimal digits; null if it has none.</param>
/// <param name="To">The name of what it points to; null if nothing.</param>
public sealed record SceneRow(string Name, string Text, string? Tags, string? To);

/// <summary>The machine at a moment, as much of it as a reader wants to see: pages of processes, page frames in use, slots in use.</summary>
/// <param name="Pages">Mapped pages, and what their page table entries say.</param>
/// <param name="Frames">Page frames that somebody refers to.</param>
/// <param name="Slots">Swap slots that are in use, held back, or have tags saved.</param>
public sealed record Scene(IReadOnlyList<SceneRow> Pages, IReadOnlyList<SceneRow> Frames, IReadOnlyList<SceneRow> Slots)
{
    /// <summary>Of a state.</summary>
    internal static Scene Of(in MachineState s)
    {
        var pages = new List<SceneRow>();
        for (var i = 0; i < PageAt.Total; i++)
        {
            var at = PageAt.At(i);
            if (!s.Vma(at).IsMapped || !s.Mm(at.Mm).IsAlive) continue;
            var pte = s.Pte(at);
            var vma = (s.Vma(at).IsTagged ? "tagged" : "") + (s.Vma(at).IsLocked ? " locked" : "") + (s.Vma(at).Is(VmaFlags.Large) ? " large" : "");
            pages.Add(new SceneRow($"{at}", $"{(pte.IsNone ? "nothing" : pte.ToString())}{(vma.Length > 0 ? $" ({vma.Trim()})" : "")}", null, null));
        }

        var frames = new List<SceneRow>();
        for (byte i = 1; i <= Capacity.Frames; i++)
        {
            var pfn = new Pfn(i);
            ref readonly var folio = ref s.Folio(s.FolioOf(pfn));
            if (folio.RefCount == 0) continue;
            int index = s.Frame(pfn).Index;
            var words = new List<string> { index > 0 ? $"page {index} of {s.FolioOf(pfn)}" : folio.IsLarge ? $"{folio.Pages} pages, refs {folio.RefCount}" : $"refs {folio.RefCount}", $"data {s.Frame(pfn).Data}" };
            foreach (var (flag, word) in Flags)
            {
                if (index == 0 && folio.Test(flag)) words.Add(word);
            }

            if (s.Frame(pfn).Test(PageFlags.AnonExclusive)) words.Add("exclusive");
            if (s.Frame(pfn).Test(PageFlags.ArchTagged)) words.Add("tags initialised");
            if (!s.FolioLock(pfn).IsFree) words.Add($"locked by {s.FolioLock(pfn)}");
            frames.Add(new SceneRow($"{pfn}", string.Join(", ", words), s.Frame(pfn).Tags.ToString(), folio.Entry.IsNone ? null : $"{folio.Entry.Plus(index)}"));
        }

        var slots = new List<SceneRow>();
        for (var i = 0; i < SwapEntry.Total; i++)
        {
            var entry = SwapEntry.At(i);
            ref readonly var slot = ref s.Slot(entry);
            var saved = s.Metadata.TryLoad(entry, out var tags);
            if (slot.IsFree && !saved) continue;
            var words = new List<string> { slot.IsHeldBack ? "held back in the slot cache" : slot.IsFree ? "free" : $"count {slot.Count}", slot.IsZero ? "zero" : $"data {slot.Data}" };
            if (slot.HasCache && !slot.IsHeldBack) words.Add("has cache");
            slots.Add(new SceneRow($"{entry}", string.Join(", ", words), saved ? tags.ToString() : null, slot.Folio.IsNone ? null : $"{slot.Folio}"));
        }

        return new Scene(pages, frames, slots);
    }

    private static readonly (FolioFlags Flag, string Word)[] Flags =
    [
        (FolioFlags.Dirty, "dirty"), (FolioFlags.Writeback, "being written"), (FolioFlags.SwapCache, "in swap cache"), (FolioFlags.Mlocked, "mlocked"), (FolioFlags.LazyFree, "lazyfree"),
    ];
}
