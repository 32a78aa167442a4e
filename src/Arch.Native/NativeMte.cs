using System.Runtime.InteropServices;
using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Arch.Native;

/// <summary>arm64's mteswap.c itself, in place of the hand-written saving, restoring and invalidating.</summary>
/// <param name="written">The hand-written hooks.</param>
/// <param name="function">C/mte.c, hooks_mte().</param>
internal sealed unsafe class NativeMte(IArchHooks written, nint function) : DelegatingHooks(written)
{
    private const int Prepare = 0;
    private const int Restore = 1;
    private const int InvalidatePage = 2;
    private const int InvalidateArea = 3;

    private readonly delegate* unmanaged<Call*, int, void> _call = (delegate* unmanaged<Call*, int, void>)function;

    /// <inheritdoc/>
    public override bool CountsMemory => true;

    /// <inheritdoc/>
    public override bool HasLargeFolios => false;

    /// <inheritdoc/>
    public override bool ArchPrepareToSwap(in Memory m, Pfn folio)
    {
        var entry = m.ReadFolio(folio).Entry;
        var given = Given(in m, entry, folio);
        var call = given;
        _call(&call, Prepare);
        if (call.Outcome.Asked > 0 && m.Strikes(FaultKind.Save))
        {
            // The same again, and this time one of its allocations fails: the tags' memory, or the xarray's node.
            given.Fail = (uint)(entry.Index % 2 == 0 ? 1 : call.Outcome.Asked);
            call = given;
            _call(&call, Prepare);
        }

        if (!call.Outcome.Tell(in m)) return false;
        Take(in m, entry, folio, in given, in call);
        if (call.Outcome.Result != 0) return false;
        if (call.Saved != 0 && given.Tagged != 0) m.Count(Mark.MetadataSaved);
        return true;
    }

    /// <inheritdoc/>
    public override void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
    {
        var given = Given(in m, entry, folio);
        var call = given;
        _call(&call, Restore);
        if (!call.Outcome.Tell(in m)) return;
        Take(in m, entry, folio, in given, in call);
        if (call.Tagged != given.Tagged && call.Frame.Tags() != default) m.Count(Mark.MetadataRestored);
    }

    /// <inheritdoc/>
    public override void ArchSwapInvalidatePage(in Memory m, SwapEntry entry) => Invalidate(in m, entry, InvalidatePage, entry.Type);

    /// <summary>Whatever is saved, of this area or of another: the function says which of it goes.</summary>
    public override void ArchSwapInvalidateArea(in Memory m, int type)
    {
        for (var i = 0; i < SwapEntry.Total; i++)
        {
            var entry = SwapEntry.At(i);
            if (m.TryLoad(entry, out _)) Invalidate(in m, entry, InvalidateArea, type);
        }
    }

    private static Call Given(in Memory m, SwapEntry entry, Pfn folio)
    {
        var call = Given(in m, entry);
        ref readonly var page = ref m.ReadFrame(folio);
        call.Tagged = (byte)(page.Test(PageFlags.ArchTagged) ? 1 : 0);
        call.Frame = TagBytes.Of(page.Tags);
        return call;
    }

    private static Call Given(in Memory m, SwapEntry entry)
    {
        var saved = m.TryLoad(entry, out var tags);
        return new Call { Type = (ushort)entry.Type, Offset = (ushort)entry.Offset, Saved = saved ? 1 : 0, Tags = TagBytes.Of(tags) };
    }

    private static void Take(in Memory m, SwapEntry entry, Pfn folio, in Call given, in Call call)
    {
        TakeSaved(in m, entry, in given, in call);
        if (call.Tagged == given.Tagged && call.Frame.Tags() == given.Frame.Tags()) return;
        ref var page = ref m.WriteFrame(folio);
        page.Tags = call.Frame.Tags();
        if (call.Tagged != 0) page.Set(PageFlags.ArchTagged);
        else page.Clear(PageFlags.ArchTagged);
    }

    private static void TakeSaved(in Memory m, SwapEntry entry, in Call given, in Call call)
    {
        if (call.Saved == 0) m.Erase(entry);
        else if (given.Saved == 0 || call.Tags.Tags() != given.Tags.Tags()) m.Save(entry, call.Tags.Tags());
    }

    private void Invalidate(in Memory m, SwapEntry entry, int what, int area)
    {
        var given = Given(in m, entry);
        given.Area = (uint)area;
        var call = given;
        _call(&call, what);
        if (call.Outcome.Tell(in m)) TakeSaved(in m, entry, in given, in call);
    }

    /// <summary>C/mte.c, struct mte_call.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Call
    {
        public Outcome Outcome;
        public ushort Type, Offset;
        public uint Fail, Area;
        public byte Tagged;
        public TagBytes Frame;
        public byte Padding;
        public int Saved;
        public TagBytes Tags;
        public short MorePadding;
    }
}
