using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>
/// Pinning a page, using the pin, and giving it back (mm/gup.c). A pin is what a device reads from or writes to while the
/// program goes on, so the page must stay the one that the program sees.
/// </summary>
public static class Gup
{
    /// <summary>One try to take a reference to what is mapped; faults like the access the pin is for, then tries again. A read-only page may be shared.</summary>
    public static Step FollowPagePte { get; } = Step.Of("mm/gup.c: follow_page_pte(), try_grab_page(), faultin_page()", "until 5.18", static (ref s, ref t, arch) => Follow(ref s, ref t, unshare: false));

    /// <summary>As FollowPagePte; a pin for reading gets a page of its own: an anonymous page that is not exclusive is unshared first.</summary>
    public static Step FollowPagePteUnshare { get; } = Step.Of("mm/gup.c: follow_page_pte(), gup_must_unshare(), try_grab_page(), faultin_page()", "5.19 on (a7f226604170)", static (ref s, ref t, arch) => Follow(ref s, ref t, unshare: true));

    /// <summary>Give the reference back. What was written through the pin makes the page dirty.</summary>
    public static Step UnpinUserPage { get; } = Step.Of("mm/gup.c: unpin_user_pages_dirty_lock(), put_page()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var pin = ref s.Mm(t.Mm).Pins[t.Page.Value];
        if (pin.Pfn.IsNone)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        PutPin(ref s, ref pin);
        s.Events |= Event.UserUnpinned;
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>The device stores a value; the page will be written out again.</summary>
    public static Step DeviceWrites { get; } = Step.Of("a device's DMA, set_page_dirty_lock()", "all kernels", static (ref s, ref t, arch) =>
    {
        var pin = s.Mm(t.Mm).Pins[t.Page.Value];
        if (pin.Pfn.IsNone || (pin.Flags & PinFlags.Write) == 0 || (pin.Flags & PinFlags.Stale) != 0)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        ref var folio = ref s.Folio(pin.Pfn);
        folio.Data = t.Value;
        folio.Set(FolioFlags.Dirty);
        s.Events |= Rmap.FolioBehind(in s, s.Pte(t.Mm, t.Page)) == pin.Pfn ? Event.DeviceWrote : Event.DeviceWroteElsewhere;
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>pin_user_pages(), get_user_pages() until 5.18.</summary>
    public static KernelPath Linux5_16 { get; } = new(PathId.Gup, "pin_user_pages(), get_user_pages()", FollowPagePte);

    /// <summary>pin_user_pages(), get_user_pages() from 5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = new(PathId.Gup, "pin_user_pages(), get_user_pages()", FollowPagePteUnshare);

    /// <summary>unpin_user_page().</summary>
    public static KernelPath UnpinPath { get; } = new(PathId.Unpin, "unpin_user_page(), put_page()", UnpinUserPage);

    /// <summary>A store by a device.</summary>
    public static KernelPath DevicePath { get; } = new(PathId.DeviceWrite, "DMA through a pin", DeviceWrites);

    /// <summary>A process's pins go when its files are closed, after its memory.</summary>
    internal static void PutAllPins(ref MachineState s, MmId mm)
    {
        for (var p = 0; p < Capacity.Pages; p++)
        {
            ref var pin = ref s.Mm(mm).Pins[p];
            if (!pin.Pfn.IsNone) PutPin(ref s, ref pin);
        }
    }

    private static Flow Follow(ref MachineState s, ref KTask t, bool unshare)
    {
        var pte = s.Pte(t.Mm, t.Page);
        ref var pin = ref s.Mm(t.Mm).Pins[t.Page.Value];
        var write = (t.Pin & PinFlags.Write) != 0;

        // A read of an untouched page would pin the zero page: of no interest here.
        if ((s.Vma(t.Mm, t.Page) & VmaFlags.Mapped) == 0 || !pin.Pfn.IsNone || (pte.IsNone && !write))
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        if (pte.IsPoisoned)
        {
            t.Result = OpResult.SigBus;
            return Flow.Return;
        }

        if (s.Mm(t.Mm).PtlOwner != 0) return Flow.Block;
        t.Clear(TaskFlags.WriteFault | TaskFlags.WriteLeft | TaskFlags.Unshare);
        if (!pte.IsPresent || (write && !pte.IsWritable))
        {
            if (write) t.Set(TaskFlags.WriteFault | TaskFlags.WriteLeft);
            return Flow.Enter(PathId.HandlePteFault);
        }

        ref var folio = ref s.Folio(pte.Pfn);
        var get = (t.Pin & PinFlags.Get) != 0;
        if (unshare && !write && !get && !folio.Test(FolioFlags.AnonExclusive))
        {
            t.Set(TaskFlags.Unshare);
            return Flow.Enter(PathId.HandlePteFault);
        }

        folio.RefCount++;
        if (!get)
        {
            folio.Pins++;
            s.Mm(t.Mm).Flags |= MmFlags.HasPinned;
        }

        pin = new Pin(pte.Pfn, t.Pin);
        s.Events |= Event.UserPinned;
        t.Result = OpResult.Applied;
        return Flow.Return;
    }

    private static void PutPin(ref MachineState s, ref Pin pin)
    {
        ref var folio = ref s.Folio(pin.Pfn);
        if ((pin.Flags & PinFlags.Write) != 0) folio.Set(FolioFlags.Dirty);
        if ((pin.Flags & PinFlags.Get) == 0) folio.Pins--;
        var pfn = pin.Pfn;
        pin = default;
        PageAlloc.Put(ref s, pfn);
    }
}
