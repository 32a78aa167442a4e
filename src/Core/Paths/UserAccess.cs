using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Paths;

/// <summary>
/// What the hardware does for a load or store of the program: go through the page table, or fault. Storing a tag is a
/// store: through a read-only mapping it faults like a data write.
/// </summary>
public static class UserAccess
{
    /// <summary>One try at the access. Succeeds, or enters the page fault; after the fault the access is tried again.</summary>
    public static Step Access { get; } = Step.Of("load or store; arch fault entry", "all kernels", static (ref s, ref t, arch) =>
    {
        var vma = s.Vma(t.Mm, t.Page);
        var tagAccess = t.Verb is Verb.Tag or Verb.ReadTag;
        if ((vma & VmaFlags.Mapped) == 0 || (tagAccess && (vma & VmaFlags.Tagged) == 0))
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        var store = t.Verb is Verb.Write or Verb.Tag;
        ref var pte = ref s.Pte(t.Mm, t.Page);
        if (!pte.IsPoisoned && (store ? !pte.IsWritable : pte.IsSwap))
        {
            t.Clear(TaskFlags.WriteFault | TaskFlags.WriteLeft | TaskFlags.Unshare);
            if (store) t.Set(TaskFlags.WriteFault | TaskFlags.WriteLeft);
            return Flow.Enter(PathId.HandlePteFault);
        }

        if (pte.IsPoisoned)
        {
            // do_swap_page() finds a poison marker: VM_FAULT_HWPOISON, or VM_FAULT_SIGBUS until 6.5.
            t.Result = OpResult.SigBus;
            return Flow.Return;
        }

        // Somebody is changing the entry: the fault would wait for the page table lock.
        if (pte.IsNone && s.Mm(t.Mm).PtlOwner != 0) return Flow.Block;

        // A load from an untouched page reads the shared zero page: nothing to keep track of (docs/fidelity.md).
        t.Result = OpResult.Applied;
        if (!store) return Flow.Return;

        pte = pte.With(PteFlags.Dirty);
        ref var folio = ref s.Folio(pte.Pfn);
        if (t.Verb == Verb.Write)
        {
            folio.Data = t.Value;
            s.Events |= Event.UserWrote;
        }
        else
        {
            folio.Tags = t.Granule == 0 ? PageTags.All(t.Value) : folio.Tags.With(t.Granule - 1, t.Value);
            s.Events |= Event.UserTagged;
        }

        return Flow.Return;
    });

    /// <summary>The path.</summary>
    public static KernelPath Path { get; } = new(PathId.UserAccess, "load, store, LDG/STG, ldxa/stxa", Access);
}
