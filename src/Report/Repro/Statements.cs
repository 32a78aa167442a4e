using System.Collections.Immutable;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Report.Repro;

/// <summary>The C of one operation, and of a look at a page: a few lines, with the case's words above.</summary>
/// <param name="parts">Takes the helpers that are needed.</param>
/// <param name="tests">Takes the tests.</param>
/// <param name="traits">What the program has.</param>
internal sealed class Statements(Snippets parts, Tests tests, Traits traits)
{
    private readonly Dictionary<PageAt, int> _pins = [];
    private readonly Dictionary<PageAt, int> _references = [];

    /// <summary>How many pins the program has taken.</summary>
    public int Pins { get; private set; }

    /// <summary>How many plain references the program has taken.</summary>
    public int References { get; private set; }

    /// <summary>Beside others: what cannot be done just now is not done.</summary>
    public bool Racing { get; set; }

    /// <summary>The lines of an operation, and what is to be said of it beside its words; no lines: there is nothing to do.</summary>
    public (IReadOnlyList<string> Lines, string Note) Of(Expected e)
    {
        var (op, page) = (e.Op, $"{e.Op.Page}");
        if (op.Verb is Verb.Pageout or Verb.Reclaim) return e.IsMapped ? Out(e, page) : Nothing;
        if (op.Verb is Verb.Read or Verb.Write or Verb.Tag or Verb.ReadTag) return Access(e, page);
        if (e.Result != OpResult.Applied) return Nothing;
        var mte = e.IsTagged ? " | PROT_MTE" : "";
        switch (op.Verb)
        {
            case Verb.Map when op.IsLarge:
                parts.Need("large");
                if (e.IsTagged || traits.HasTags) parts.Need("leave_tags");
                return ([$"map_large({page}, {(e.IsTagged ? "PROT_MTE" : "0")});"], "");
            case Verb.Map:
                parts.Need("map");
                if (e.IsTagged) parts.Need("mte");
                return ([$"map_page({page}, {(e.IsTagged ? "PROT_MTE" : "0")});"], "");
            case Verb.Mprotect:
                if (e.IsTagged || op.Value == (byte)Protection.Tagged) parts.Need("mte");
                return (Must($"mprotect({page}, page_size, {(Protection)op.Value switch { Protection.None => "PROT_NONE" + mte, Protection.ReadWrite => "PROT_READ | PROT_WRITE" + mte, _ => "PROT_READ | PROT_WRITE | PROT_MTE" }})"), "");
            case Verb.Unmap:
                return (Must($"munmap({page}, page_size)"), "");
            case Verb.Mlock:
                return (Must($"mlock2({page}, page_size, MLOCK_ONFAULT)"), "");
            case Verb.Munlock:
                return (Must($"munlock({page}, page_size)"), "");
            case Verb.Dontneed:
                return (Must($"madvise({page}, page_size, MADV_DONTNEED)"), "");
            case Verb.Free:
                return (Must($"madvise({page}, page_size, MADV_FREE)"), "from here on the kernel may drop it");
            case Verb.Mremap:
                Move(op);
                return ([$"if (mremap({page}, page_size, page_size, MREMAP_MAYMOVE | MREMAP_FIXED, {op.To}) != {op.To}) give_up(\"mremap: %s\", strerror(errno));"], "");
            case Verb.UffdWp:
                parts.Need("uffd_protect");
                return ([$"watch_page({page});", $"protect_page({page}, true);"], "");
            case Verb.UffdUnwp:
                parts.Need("uffd_protect");
                return ([$"protect_page({page}, false);"], "");
            case Verb.UffdMove:
                parts.Need("uffd_move");
                Move(op);
                return ([$"move_page({page}, {op.To});"], "");
            case Verb.Pin or Verb.Unpin or Verb.Dma:
                return Pin(op, page);
            case Verb.SwapOff:
                return (Must($"swapoff(areas[{op.Value}].device)"), "");
            case Verb.SwapOn:
                return (Must($"swapon(areas[{op.Value}].device, areas[{op.Value}].flags)"), "");
            case Verb.SwapMax:
                parts.Need("swap_max");
                return ([op.Value == Operation.NoSwapMax ? "must(write_text(CGROUP \"/memory.swap.max\", \"max\"));" : $"limit_swap({op.Value});"], "");
            case Verb.DrainSlots:
                parts.Need("drain_slots");
                return (["drain_slots();"], "");
            default:
                throw new ArgumentException($"{op} is not done here", nameof(e));
        }
    }

    /// <summary>The lines of a look at a page when all is done.</summary>
    public IReadOnlyList<string> AtTheEnd(PageAtEnd end)
    {
        var (at, held, isTagged, isProtected) = end;
        var lines = new List<string>(Load($"{at} in the end", $"{at.Page}", held, isTagged));
        if (isTagged) lines.AddRange(LoadTags($"{at} in the end: tags", $"{at.Page}", held));
        if (!isProtected) return lines;
        parts.Need("expect_protected");
        lines.Add($"expect_protected({tests.Add($"{at} in the end: write-protected")}, {at.Page});");
        return lines;
    }

    private static (IReadOnlyList<string> Lines, string Note) Nothing => ([], "does nothing here");

    private (IReadOnlyList<string> Lines, string Note) Access(Expected e, string page)
    {
        var name = $"{e.Op.Task} {CaseText.Print(e.Op with { Until = null })}";
        if (e.Result == OpResult.NotApplicable) return Nothing;
        if (e.Result == OpResult.SegV) return ([], "no access: left out");
        switch (e.Op.Verb)
        {
            case Verb.Read:
                return (Load(name, page, e.Held, e.IsTagged), "");
            case Verb.ReadTag:
                return (LoadTags(name, page, e.Held), "");
            case Verb.Tag when e.MayTrap || e.Result != OpResult.Applied:
                return ([], "the page is protected: left out");
            case Verb.Tag:
                parts.Need(e.Op.Granule == 0 ? "set_tag" : "set_tags");
                return ([e.Op.Granule == 0 ? $"set_tag({page}, {e.Op.Value});" : $"set_tag_of({page}, {e.Op.Granule - 1}, {e.Op.Value});"], "");
            case Verb.Write when traits.Traps:
                parts.Need("expect_store");
                return ([$"expect_store({tests.Add(name + (e.MayTrap ? " traps" : " does not trap"))}, {page}, {e.Op.Value}, {(e.MayTrap ? "true" : "false")});"], "");
            case Verb.Write when e.IsTagged && OneOf(e.Held) is { } tags:
                parts.Need("write_tagged");
                return ([$"write_tagged({tests.Add(name)}, {page}, 0x{tags}, {e.Op.Value});"], "");
            default:
                parts.Need("write");
                return (Unchecked($"write_page({page}, {e.Op.Value});", e.IsTagged), "");
        }
    }

    private List<string> Load(string name, string page, ImmutableArray<Held> held, bool isTagged)
    {
        var values = string.Join(", ", held.Select(h => h.Data).Distinct());
        if (isTagged && !traits.Traps && OneOf(held) is { } tags)
        {
            parts.Need("expect_tagged");
            return [$"expect_tagged({tests.Add(name)}, {page}, 0x{tags}, {values});"];
        }

        parts.Need("expect_data");
        return Unchecked($"expect_data({tests.Add(name)}, {page}, {values});", isTagged);
    }

    private string[] LoadTags(string name, string page, ImmutableArray<Held> held)
    {
        parts.Need("expect_tags");
        return [$"expect_tags({tests.Add(name)}, {page}, {string.Join(", ", held.Select(h => $"0x{h.Tags}").Distinct())});"];
    }

    /// <summary>Of a page whose tags are not known no access is checked.</summary>
    private List<string> Unchecked(string line, bool isTagged) => isTagged && !traits.Traps ? ["checks_off();", line, "checks_on();"] : [line];

    private static string? OneOf(ImmutableArray<Held> held) => held.Select(h => h.Tags).Distinct().Count() == 1 ? held[0].Tags.ToString() : null;

    private (IReadOnlyList<string> Lines, string Note) Out(Expected e, string page)
    {
        var (op, disk) = (e.Op, traits.HasDisk);
        if (op.Verb == Verb.Pageout && (Racing || e.IsPresent))
        {
            parts.Need("try_page_out");
            return ([$"madvise({page}, page_size, MADV_PAGEOUT);"], Racing ? "" : "stays: pinned, shared or locked");
        }

        if (op.Verb == Verb.Reclaim && (op.End == SwapOutEnd.Gone || e.IsPresent || Racing))
        {
            parts.Need(Racing || e.IsPresent ? "evict" : "evict_for_sure");
            return ([Racing || e.IsPresent ? $"try_to_evict({page});" : $"evict({page});"], Racing || !e.IsPresent ? "" : "stays: pinned, shared or locked");
        }

        parts.Need("page_out");
        if (disk && op.End == SwapOutEnd.Gone)
        {
            parts.Need("evict_for_sure");
            return ([$"page_out({page});", $"evict({page});"], "written, and gone from the swap cache");
        }

        return disk && op.End == SwapOutEnd.Cached ? ([$"page_out({page});", "usleep(20000);"], "written, and still in the swap cache") : ([$"page_out({page});"], "");
    }

    private (IReadOnlyList<string> Lines, string Note) Pin(Operation op, string page)
    {
        var at = new PageAt(op.Mm, op.Page);
        switch (op.Verb)
        {
            case Verb.Pin when (op.Pin & PinFlags.Get) != 0:
                parts.Need("vmsplice");
                _references[at] = References;
                return ([$"get_page({References++}, {page});"], "");
            case Verb.Pin:
                parts.Need("io_uring");
                _pins[at] = Pins;
                return ([$"pin_page({Pins++}, {page});"], "");
            case Verb.Unpin when _references.Remove(at, out var reference):
                parts.Need("put_page");
                return ([$"put_page({reference});"], "");
            case Verb.Unpin when _pins.Remove(at, out var pin):
                parts.Need("unpin");
                return ([$"unpin_page({pin});"], "");
            case Verb.Dma when _pins.TryGetValue(at, out var pin):
                parts.Need("dma");
                return ([$"device_write({pin}, {op.Value});"], "");
            default:
                return Nothing;
        }
    }

    /// <summary>A pin is known by where its page is.</summary>
    private void Move(Operation op)
    {
        foreach (var pins in new[] { _pins, _references })
        {
            if (pins.Remove(new PageAt(op.Mm, op.Page), out var pin)) pins[new PageAt(op.Mm, op.To)] = pin;
        }
    }

    private string[] Must(string call) => [Racing ? $"{call};" : $"must({call});"];
}
