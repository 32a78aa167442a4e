using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// Pinning a page, using the pin, and giving it back (mm/gup.c). A pin is what a device reads from or writes to while the
/// program goes on, so the page must stay the one that the program sees.
/// </summary>
public static class Gup
{
    private static readonly Label Again = new("again");
    private static readonly Label FaultinPage = new("faultin_page");
    private static readonly Label Out = new("out");

    /// <summary>The fast way, without locks: what is mapped here? Not while fork() copies the page table.</summary>
    public static Step GupFastPteRange { get; } = Step.Of("mm/gup.c: lockless_pages_from_mm(), gup_pte_range() (gup_fast_pte_range() from 6.10), ptep_get_lockless()", Era.All,
    [
        .. Refused,
        Do(static (in m, ref t) =>
        {
            if (!IsGet(in t)) m.WriteMm(t.Mm).Flags |= MmFlags.HasPinned;
            t.OrigPte = m.ReadPte(t.Mm, t.Page);
            t.Folio = t.OrigPte.IsAccessible ? m.FolioOf(t.OrigPte.Pfn) : Pfn.None;
            t.Answer(!t.OrigPte.IsAccessible || (IsWrite(in t) && !t.OrigPte.IsWritable) || IsBeingCopied(in m, t.Mm));
        }, sets: Locals.OrigPte | Locals.Folio),
        If(Answer, Again),
    ]);

    /// <summary>A reference to it, and the pin, unless nobody has the page any more, or it belongs to another folio since a large one was split (try_get_folio()). It may be another's by now.</summary>
    public static Step TryGrabFolioFast { get; } = Step.Of("mm/gup.c: try_grab_folio() (try_grab_folio_fast() from 6.10)", Era.All,
    [
        If(static (in m, in t) => m.ReadFolio(t.Folio).RefCount == 0 || m.FolioOf(t.OrigPte.Pfn) != t.Folio, Again, Locals.Folio | Locals.OrigPte),
        Do(static (in m, ref t) =>
        {
            ref var folio = ref m.WriteFolio(t.Folio);
            folio.RefCount++;
            t.Take(t.Folio);
            if (IsGet(in t)) return;
            folio.Pins++;
            t.Set(TaskFlags.PinGrabbed);
        }, Locals.Folio),
    ]);

    /// <summary>The second look: is it still mapped as it was? If not, give it back and go the slow way.</summary>
    public static Step PteUnchanged { get; } = Step.Of("mm/gup.c: gup_pte_range(), pte_val(pte) != pte_val(*ptep), read_seqcount_retry(), gup_put_folio()", Era.Until("5.18"), SecondLook(static (in m, ref t) => KeepIfUnchanged(in m, ref t, unshare: false)));

    /// <summary>As PteUnchanged; a page that is to be unshared for a pin for reading goes the slow way too.</summary>
    public static Step PteUnchangedUnshare { get; } = Step.Of("mm/gup.c: gup_pte_range(), pte_val(pte) != pte_val(*ptep), gup_must_unshare(), read_seqcount_retry(), gup_put_folio()", Era.Since("5.19", "a7f226604170"), SecondLook(static (in m, ref t) => KeepIfUnchanged(in m, ref t, unshare: true)));

    /// <summary>One try to take a reference to what is mapped; faults like the access the pin is for, then tries again. A read-only page may be shared.</summary>
    public static Step FollowPagePte { get; } = Step.Of("mm/gup.c: follow_page_pte(), try_grab_page(), faultin_page()", Era.Until("5.18"), Follow(static (in m, ref t) => Grab(in m, ref t, unshare: false)));

    /// <summary>As FollowPagePte; a pin for reading gets a page of its own: an anonymous page that is not exclusive is unshared first.</summary>
    public static Step FollowPagePteUnshare { get; } = Step.Of("mm/gup.c: follow_page_pte(), gup_must_unshare(), try_grab_page(), faultin_page()", Era.Since("5.19", "a7f226604170"), Follow(static (in m, ref t) => Grab(in m, ref t, unshare: true)));

    /// <summary>Give the reference back. The page is dirty from here on only if its holder says that something was written through it.</summary>
    public static Step UnpinUserPage { get; } = Step.Of("mm/gup.c: unpin_user_page(), unpin_user_pages_dirty_lock(make_dirty), put_page()", Era.All,
    [
        EndIf(static (in m, in t) => m.ReadPin(t.Mm, t.Page).Pfn.IsNone, OpResult.NotApplicable),
        Do(static (in m, ref t) => PutPin(in m, t.Mm, t.Page, dirty: (t.Pin & PinFlags.Dirty) != 0)),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>The device stores a value. Nothing says so to the kernel: neither entry nor page becomes dirty.</summary>
    public static Step DeviceWrites { get; } = Step.Of("a device's DMA", Era.All,
    [
        EndIf(static (in m, in t) => !MayWrite(m.ReadPin(t.Mm, t.Page)), OpResult.NotApplicable),

        // A device asks for no lock. But the model wants to know whether the page is still the one mapped here, and while the entry is being changed nobody can say.
        Wait(static (in m, in t) => m.ReadPageTableLock(t.Mm).IsFree ? default : new Waiting(WaitKind.PageTable, t.Mm.Value)),
        Do(static (in m, ref t) =>
        {
            var pin = m.ReadPin(t.Mm, t.Page);
            m.WriteFrame(pin.Pfn).Data = t.Value;
            m.Arch.OnStore(in m, pin.Pfn, UserAccess.DataGranule);
            var mapped = Rmap.PageBehind(in m, m.ReadPte(t.Mm, t.Page)) == pin.Pfn;
            m.Observe(Observation.DeviceStored(new PageAt(t.Mm, t.Page), t.Value, mapped));
        }),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>pin_user_pages_fast(), get_user_pages_fast() until 5.18.</summary>
    public static KernelPath Linux5_16 { get; } = Order(PteUnchanged, FollowPagePte);

    /// <summary>pin_user_pages_fast(), get_user_pages_fast() from 5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = Order(PteUnchangedUnshare, FollowPagePteUnshare);

    /// <summary>unpin_user_page().</summary>
    public static KernelPath UnpinPath { get; } = new(PathId.Unpin, "unpin_user_page(), put_page()", UnpinUserPage);

    /// <summary>A store by a device.</summary>
    public static KernelPath DevicePath { get; } = new(PathId.DeviceWrite, "DMA through a pin", DeviceWrites);

    /// <summary>A process's pins go when its files are closed, after its memory.</summary>
    internal static void PutAllPins(in Memory m, MmId mm)
    {
        for (var p = Vpn.First; p.Value < Capacity.Pages; p = p.Next)
        {
            if (!m.ReadPin(mm, p).Pfn.IsNone) PutPin(in m, mm, p, dirty: false);
        }
    }

    /// <summary>What cannot be pinned: among others, where the VMA denies the access (<c>check_vma_flags()</c>). A read of an untouched page would pin the zero page: of no interest here.</summary>
    private static Instruction[] Refused =>
    [
        EndIf(static (in m, in t) => !MayPin(in m, in t), OpResult.NotApplicable),
        EndIf(static (in m, in t) => !m.ReadVma(t.Mm, t.Page).Is(IsWrite(in t) ? VmaFlags.Write : VmaFlags.Read), OpResult.SegV),
        EndIf(static (in m, in t) => m.ReadPte(t.Mm, t.Page).IsPoisoned, OpResult.SigBus),
    ];

    private static Instruction[] Follow(Effect grab) =>
    [
        .. Refused,
        Acquire(LockName.PageTable),
        Do(grab),
        Release(LockName.PageTable),
        If(Answer, FaultinPage),
        Result(OpResult.Applied),
        Return,
    ];

    private static Instruction[] SecondLook(Effect keep) =>
    [
        Do(keep, Locals.OrigPte | Locals.Folio),
        If(Answer, Again),
        Result(OpResult.Applied),
        Return,
    ];

    private static bool IsGet(in KTask t) => (t.Pin & PinFlags.Get) != 0;

    private static bool IsWrite(in KTask t) => (t.Pin & PinFlags.Write) != 0;

    /// <summary><c>write_protect_seq</c>: fork() is at work on the page table.</summary>
    private static bool IsBeingCopied(in Memory m, MmId mm) => (m.ReadMm(mm).Flags & MmFlags.WriteProtectSeq) != 0;

    /// <summary>The pin is the process's from here on, or is given back: the answer is whether it was.</summary>
    private static void KeepIfUnchanged(in Memory m, ref KTask t, bool unshare)
    {
        t.Answer((unshare && MustUnshare(in m, in t, t.OrigPte)) || m.ReadPte(t.Mm, t.Page) != t.OrigPte || IsBeingCopied(in m, t.Mm) || !m.ReadPin(t.Mm, t.Page).Pfn.IsNone);
        t.Clear(TaskFlags.PinGrabbed);
        if (t.Is(TaskFlags.Answer))
        {
            if (!IsGet(in t)) m.WriteFolio(t.Folio).Pins--;
            PageAlloc.Put(in m, ref t, t.Folio);
            return;
        }

        t.Give(t.Folio);
        Keep(in m, in t, t.OrigPte);
    }

    /// <summary><c>gup_must_unshare()</c>: a pin for reading wants an exclusive page.</summary>
    private static bool MustUnshare(in Memory m, in KTask t, Pte pte) => !IsWrite(in t) && !IsGet(in t) && !m.ReadFrame(pte.Pfn).Test(PageFlags.AnonExclusive);

    /// <summary>The process has the pin from here on.</summary>
    private static void Keep(in Memory m, in KTask t, Pte pte)
    {
        m.WritePin(t.Mm, t.Page, new Pin(pte.Pfn, t.Pin));
        m.Observe(Observation.Pinned(new PageAt(t.Mm, t.Page)));
    }

    private static bool MayPin(in Memory m, in KTask t) =>
        m.ReadVma(t.Mm, t.Page).IsMapped && m.ReadPin(t.Mm, t.Page).Pfn.IsNone && !(m.ReadPte(t.Mm, t.Page).IsNone && !IsWrite(in t));

    private static bool MayWrite(Pin pin) => !pin.Pfn.IsNone && (pin.Flags & PinFlags.Write) != 0 && (pin.Flags & PinFlags.Stale) == 0;

    /// <summary>Takes the reference; the answer is whether it takes a fault first.</summary>
    private static void Grab(in Memory m, ref KTask t, bool unshare)
    {
        var pte = m.ReadPte(t.Mm, t.Page);
        var write = IsWrite(in t);
        t.Clear(TaskFlags.WriteFault | TaskFlags.WriteLeft | TaskFlags.Unshare);
        t.Answer(true);
        if (!pte.IsAccessible || (write && !pte.IsWritable))
        {
            if (write) t.Set(TaskFlags.WriteFault | TaskFlags.WriteLeft);
            return;
        }

        if (unshare && MustUnshare(in m, in t, pte))
        {
            t.Set(TaskFlags.Unshare);
            return;
        }

        t.Answer(false);
        ref var folio = ref m.WriteFolio(m.FolioOf(pte.Pfn));
        folio.RefCount++;
        if (!IsGet(in t))
        {
            folio.Pins++;
            m.WriteMm(t.Mm).Flags |= MmFlags.HasPinned;
        }

        Keep(in m, in t, pte);
    }

    private static void PutPin(in Memory m, MmId mm, Vpn page, bool dirty)
    {
        var pin = m.ReadPin(mm, page);
        var pfn = m.FolioOf(pin.Pfn);
        ref var folio = ref m.WriteFolio(pfn);
        if (dirty) folio.Set(FolioFlags.Dirty);
        if ((pin.Flags & PinFlags.Get) == 0) folio.Pins--;
        m.WritePin(mm, page, default);
        PageAlloc.Put(in m, pfn);
    }

    private static KernelPath Order(Step secondLook, Step follow) => new(PathId.Gup, "pin_user_pages_fast(), get_user_pages_fast()",
        GupFastPteRange,
        TryGrabFolioFast,
        secondLook,
        Again,
        follow,
        FaultinPage,
        Call(PathId.HandleMmFault),
        If(static (in m, in t) => t.Result != OpResult.None, Out),
        Goto(Again),
        Out,
        Return);
}
