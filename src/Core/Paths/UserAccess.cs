using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// What the hardware does for a load or store of the program: go through the page table, or fault. Storing a tag is a
/// store: through a read-only mapping it faults like a data write.
/// </summary>
public static class UserAccess
{
    /// <summary>The granule in which the data word lies that programs read and write.</summary>
    internal const int DataGranule = 0;

    private static readonly Label Again = new("again");
    private static readonly Label Faulted = new("page_fault");
    private static readonly Label Done = new("done");

    /// <summary>One try at the access. Succeeds, or ends in the page fault; after the fault the access is tried again.</summary>
    public static Step Access { get; } = Step.Of("load or store; arch fault entry", Era.All,
    [
        EndIf(static (in m, in t) => !IsAccessible(in m, in t), OpResult.NotApplicable),
        When(static (in m, in t) => MustFault(m.ReadPte(t.Mm, t.Page), m.ReadVma(t.Mm, t.Page), t.Verb),
            Let(static (in m, ref t) =>
            {
                t.Clear(TaskFlags.WriteFault | TaskFlags.WriteLeft | TaskFlags.Unshare);
                if (IsStore(t.Verb)) t.Set(TaskFlags.WriteFault | TaskFlags.WriteLeft);
            }),
            Goto(Faulted)),

        // do_swap_page() finds a poison marker: VM_FAULT_HWPOISON, or VM_FAULT_SIGBUS until 6.5.
        EndIf(static (in m, in t) => m.ReadPte(t.Mm, t.Page).IsPoisoned, OpResult.SigBus),

        // mprotect() has changed the VMA and not yet the entry: the hardware goes by the entry, and ignores tags there.
        EndIf(static (in m, in t) => IsTag(t.Verb) && m.ReadPte(t.Mm, t.Page) is { IsPresent: true, IsTagged: false }, OpResult.NotApplicable),

        // Somebody is changing the entry: the fault would wait for the page table lock.
        Wait(static (in m, in t) => m.ReadPte(t.Mm, t.Page).IsNone && !m.ReadPageTableLock(t.Mm).IsFree ? new Waiting(WaitKind.PageTable, t.Mm.Value) : default),

        // A load from an untouched page reads the shared zero page: nothing to keep track of (docs/fidelity.md), but where a large folio could have come.
        Do(static (in m, ref t) =>
        {
            if (IsStore(t.Verb)) Store(in m, in t);
            else if (m.ReadPte(t.Mm, t.Page) == Pte.None && m.ReadVma(t.Mm, t.Page).Is(VmaFlags.Large)) m.WritePte(t.Mm, t.Page, Pte.ZeroPage);
            else m.ReadFrame(m.ReadPte(t.Mm, t.Page).Pfn);
        }),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>The path.</summary>
    public static KernelPath Path { get; } = new(PathId.UserAccess, "load, store, LDG/STG, ldxa/stxa",
        Again,
        Access,
        Faulted,
        Call(PathId.HandleMmFault),
        If(static (in m, in t) => t.Result != OpResult.None, Done),
        Goto(Again),
        Done,
        Return);

    private static bool IsStore(Verb verb) => verb is Verb.Write or Verb.Tag;

    private static bool IsTag(Verb verb) => verb is Verb.Tag or Verb.ReadTag;

    private static bool IsAccessible(in Memory m, in KTask t)
    {
        var vma = m.ReadVma(t.Mm, t.Page);
        return vma.IsMapped && (!IsTag(t.Verb) || vma.IsTagged);
    }

    /// <summary>The hardware goes by the entry; where that gives no access, the fault goes by the VMA, and says so before anything else.</summary>
    private static bool MustFault(Pte pte, Vma vma, Verb verb)
    {
        if (pte.IsAccessible) return IsStore(verb) && !pte.IsWritable;
        return !vma.Is(VmaFlags.Read) || (!pte.IsPoisoned && (IsStore(verb) || !pte.IsNone));
    }

    private static void Store(in Memory m, in KTask t)
    {
        var at = new PageAt(t.Mm, t.Page);
        var pte = m.ReadPte(at);
        m.WritePte(at, pte.With(PteFlags.Dirty));
        ref var frame = ref m.WriteFrame(pte.Pfn);
        if (t.Verb == Verb.Write)
        {
            frame.Data = t.Value;
            m.Arch.OnStore(in m, pte.Pfn, DataGranule);
            m.Observe(Observation.Stored(at, t.Value));
        }
        else
        {
            frame.Tags = m.Arch.Metadata.Store(frame.Tags, t.Granule, t.Value);
            m.Observe(Observation.Tagged(at, t.Granule, m.Arch.Metadata.TagOf(t.Value)));
        }
    }
}
