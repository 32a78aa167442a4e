using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Hooks.Testing;
using Xunit;

namespace Hooks.Capability;

/// <summary>The capability machine and what is left of it without one of its parts; programs run on them.</summary>
internal static class Machines
{
    public static readonly IArchitecture Cap = new CapArchitecture();

    private static readonly MmId P0 = new(0);
    private static readonly Vpn A = new(0);

    public static TheoryData<string> Kernels => ArchitectureLaws.Kernels;

    /// <summary>Runs a program to its end, on the device that is named first.</summary>
    public static Machine Run(string kernel, IArchitecture architecture, string swap, params string[] lines)
    {
        var text = $"kernel {kernel}\narch any\nswap {swap}\n{string.Join('\n', lines)}\n";
        var machine = new Machine(KernelCatalogue.Get(kernel), architecture);
        machine.Run(CaseParser.Parse(text, "program").Workload, machine.Checked, stopAtFirst: false);
        return machine;
    }

    /// <summary>The tags of P0's page a, as the hardware has them.</summary>
    public static string Seen(Machine machine) => machine.State.Frame(machine.State.Pte(P0, A).Pfn).Tags.ToString();

    /// <summary>The tags that P0 may expect of its page a.</summary>
    public static string Expected(Machine machine) => machine.World.Oracle.Of(P0, A).Tags.ToString();

    /// <summary>The capability machine with some hooks replaced.</summary>
    public sealed class Variant(Func<IArchHooks, IArchHooks> change) : IArchitecture
    {
        public string Name => "cap-variant";

        public string Description => "the capability machine, changed";

        public IArchHooks Hooks(Kernel kernel) => change(new Cap(kernel));
    }

    /// <summary>A store leaves tags alone: a pointer half overwritten is still valid.</summary>
    public sealed class ForgetsOnStore(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void OnStore(in Memory m, Pfn page, int granule)
        {
        }
    }

    /// <summary>A store clears the tag, and the program is not supposed to know.</summary>
    public sealed class ForgetsAfterStore(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override PageTags AfterStore(PageTags expected, int granule) => expected;
    }

    /// <summary>A store clears every tag of the page.</summary>
    public sealed class ClearsTooMuch(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void OnStore(in Memory m, Pfn page, int granule) => m.WriteFrame(page).Tags = default;
    }

    /// <summary>What was saved is never asked for.</summary>
    public sealed class RestoresNothing(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
        {
        }
    }

    /// <summary>Restores to a page that has been mapped, and perhaps stored to, as well.</summary>
    public sealed class RestoresAgain(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
        {
            m.WriteFrame(folio).Clear(PageFlags.ArchTagged);
            base.ArchSwapRestore(in m, entry, folio);
        }
    }

    /// <summary>What was saved goes when it is first restored.</summary>
    public sealed class RestoresOnce(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
        {
            base.ArchSwapRestore(in m, entry, folio);
            m.Erase(entry);
        }
    }

    /// <summary>Every page is given what was saved in the highest slot.</summary>
    public sealed class MixesUp(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
        {
            for (var offset = Capacity.SlotsPerArea; offset >= 1; offset--)
            {
                var highest = SwapEntry.Of(entry.Type, offset);
                if (!m.TryLoad(highest, out _)) continue;
                base.ArchSwapRestore(in m, highest, folio);
                return;
            }
        }
    }

    /// <summary>What is saved under an entry stays there, whoever has it next, and whatever is saved later.</summary>
    public sealed class NeverReplaces(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override bool ArchPrepareToSwap(in Memory m, Pfn folio) => m.TryLoad(m.ReadFolio(folio).Entry, out _) || base.ArchPrepareToSwap(in m, folio);

        public override void ArchSwapInvalidatePage(in Memory m, SwapEntry entry)
        {
        }
    }

    /// <summary>A copy has no valid pointers: the data is copied word by word.</summary>
    public sealed class CopiesNothing(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void CopyHighpage(in Memory m, Pfn to, Pfn from, Vma vma) => Inner.ClearHighpage(in m, to, vma);
    }

    /// <summary>A fresh page has the valid pointers of whoever had it before.</summary>
    public sealed class ClearsNothing(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ClearHighpage(in Memory m, Pfn page, Vma vma) => m.WriteFrame(page).Set(PageFlags.ArchTagged);
    }

    /// <summary>Leaves the page without tags when it could not save them.</summary>
    public sealed class ClearsBeforeSaving(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override bool ArchPrepareToSwap(in Memory m, Pfn folio)
        {
            if (base.ArchPrepareToSwap(in m, folio)) return true;
            m.WriteFrame(folio).Tags = default;
            return false;
        }
    }
}
