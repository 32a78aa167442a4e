using System.Globalization;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>What a look says that the state of the model does not: what was before matters too.</summary>
/// <param name="Frame">Of the page's frame; see <see cref="Answer.Frame"/>.</param>
/// <param name="Minor">Minor faults of the operation.</param>
/// <param name="Major">Major faults.</param>
/// <param name="Used">Slots in use.</param>
/// <param name="Found">The agent goes by the tags that it finds; see <see cref="FoundTags"/>.</param>
internal readonly record struct Beside(char Frame, int Minor, int Major, int Used, bool Found);

/// <summary>What user space would see of a state of the model: the answer that the agent would give.</summary>
internal static class Prediction
{
    /// <summary>A poison marker, which is no entry of a swap area: pagemap calls it swapped, and mincore() there at once (swapin_error_entry, 5.19 to 6.1) or not (a PTE marker, since).</summary>
    private const char Poisoned = '!';

    /// <summary>A tag of whoever had the page before, or whether a pointer matches it: nobody knows.</summary>
    private const char AnyDigit = '?';

    private static readonly string AllMatch = new('0', PageTags.Granules);

    /// <summary>A load from an untouched page: a fault that maps the zero page, or it is mapped already. The model does not keep track of it.</summary>
    private const string AnyOrNone = "?/0";

    /// <summary>The answer to an operation that has led to this world.</summary>
    public static Answer Of(in World world, Operation op, OpResult result, Beside beside)
    {
        ref readonly var s = ref world.State;
        var kind = result switch
        {
            OpResult.Applied => AnswerKind.Ok,
            OpResult.NotApplicable => AnswerKind.NotApplicable,

            // The agent's userfaultfd answers a write with SIGBUS; a pin fails.
            OpResult.SigBus or OpResult.Userfault or OpResult.SegV when op.Verb != Verb.Pin => AnswerKind.Signal,
            _ => AnswerKind.Error,
        };
        var answer = new Answer(kind) { Used = beside.Used };
        if (HasPage(op.Verb) && s.Mm(op.Mm).IsAlive)
        {
            answer = answer with { State = StateOf(in s, op.Mm, op.Page) };
            answer = op.Verb == Verb.Reclaim ? answer with { All = AllStates(in s) } : answer with { WriteProtected = s.Pte(op.Mm, op.Page).IsUffdWp };
            if (op.Verb != Verb.Reclaim && s.Pte(op.Mm, op.Page).IsPresent) answer = answer with { Frame = beside.Frame, Flags = FlagsOf(in s, s.Pte(op.Mm, op.Page).Pfn) };
        }

        if (IsAccess(op.Verb) && kind is AnswerKind.Ok or AnswerKind.Signal) answer = answer with { Faults = FaultsOf(answer.State, beside) };
        if (kind != AnswerKind.Ok) return answer;
        var tags = TagsOf(in s, op.Mm, op.Page);
        var stored = world.Oracle.Of(op.Mm, op.Page).Tags;
        if (op.Verb == Verb.ReadTag) answer = answer with { Tags = Shown(tags, stored) };
        if (op.Verb == Verb.Read) answer = answer with { Value = DataOf(in s, op.Mm, op.Page) };

        if (op.Verb is Verb.Read or Verb.Write && s.Vma(op.Mm, op.Page).IsTagged && !beside.Found)
        {
            answer = answer with { Mismatch = Mismatches(tags, stored) };
        }

        return answer;
    }

    /// <summary>Whether an answer of the kernel is what was expected.</summary>
    /// <param name="expected">What was expected.</param>
    /// <param name="op">The operation.</param>
    /// <param name="answer">The kernel's.</param>
    /// <param name="lockedOnce">Whether some page was mlocked before: then one may still look so.</param>
    public static bool Allows(Answer expected, Operation op, Answer answer, bool lockedOnce)
    {
        // madvise() succeeds whatever becomes of the page, memory pressure is not asked, and a pin whose page is gone takes stores.
        var kindMatters = op.Verb is not (Verb.Pageout or Verb.Reclaim or Verb.Dma or Verb.DrainSlots);
        if (kindMatters ? answer.Kind != expected.Kind : answer.Kind is not (AnswerKind.Ok or AnswerKind.NotApplicable)) return false;
        if (expected.Value is not null && answer.Value != expected.Value) return false;
        if (expected.Tags is not null && !SameDigits(expected.Tags, answer.Tags)) return false;
        if (op.Verb is Verb.Read or Verb.Write && !SameDigits(expected.Mismatch ?? AllMatch, answer.Mismatch ?? AllMatch)) return false;
        if (op.Verb == Verb.Reclaim && expected.All is { } all && answer.All is { } said && !SameStates(all, said)) return false;
        if (expected.Used is { } slots && answer.Used is { } used && slots != used) return false;
        if (answer.Faults is not null && expected.Faults is { } faults && answer.Faults != faults && !(faults == AnyOrNone && answer.Faults is "0/0" or "1/0")) return false;
        if (answer.State == '\0' || expected.State == '\0') return true;
        if (answer.Flags is not null && expected.Flags is not null && answer.Flags != expected.Flags && !(lockedOnce && WithoutMlocked(answer.Flags) == expected.Flags)) return false;
        if (answer.Frame != '\0' && expected.Frame is Looks.Same or Looks.Another && answer.Frame != expected.Frame) return false;
        return SameState(expected.State, answer.State) && expected.WriteProtected == answer.WriteProtected;
    }

    /// <summary>Whether the program lost something that was its own, whatever the model thinks of it.</summary>
    /// <param name="page">What the program may expect.</param>
    /// <param name="op">What it did.</param>
    /// <param name="answer">What it saw.</param>
    public static (bool Data, bool Tags) Losses(OraclePage page, Operation op, Answer answer)
    {
        if (answer.Kind != AnswerKind.Ok) return (false, false);
        return (op.Verb == Verb.Read && answer.Value is { } value && value != page.Data,
            answer.Mismatch is not null || (op.Verb == Verb.ReadTag && answer.Tags is { } tags && tags != page.Tags.ToString()));
    }

    /// <summary>A page, as pagemap and mincore() show it.</summary>
    public static char StateOf(in MachineState s, MmId mm, Vpn page)
    {
        if (!s.Vma(mm, page).IsMapped) return '.';
        var pte = s.Pte(mm, page);
        if (pte.IsPresent) return s.Frame(pte.Pfn).MapCount == 1 ? 'X' : 'P';

        if (pte.IsPoisoned) return Poisoned;
        if (!pte.IsSwap) return '-';
        var cached = s.Slot(pte.Entry).Folio;

        // mincore_page() asks whether it is up to date.
        return cached.IsNone || !s.Folio(cached).Test(FolioFlags.Uptodate) ? 'S' : 'C';
    }

    /// <summary>Whether the page is in the swap cache though it could not be read, which looks like swapped.</summary>
    public static bool IsUnread(in MachineState s, MmId mm, Vpn page)
    {
        var pte = s.Pte(mm, page);
        return pte.IsSwap && s.Slot(pte.Entry).Folio is { IsNone: false } cached && !s.Folio(cached).Test(FolioFlags.Uptodate);
    }

    /// <summary>All pages, as the agent writes them after <c>reclaim</c>.</summary>
    private static string AllStates(in MachineState s)
    {
        Span<char> states = stackalloc char[(Capacity.Mms * (Capacity.Pages + 1)) - 1];
        states.Fill('/');
        for (byte mm = 0; mm < Capacity.Mms; mm++)
        {
            for (byte page = 0; page < Capacity.Pages; page++) states[(mm * (Capacity.Pages + 1)) + page] = StateOf(in s, new MmId(mm), new Vpn(page));
        }

        return new string(states);
    }

    private static bool SameStates(string expected, string answer)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (i >= answer.Length || !SameState(expected[i], answer[i])) return false;
        }

        return true;
    }

    internal static bool HasPage(Verb verb) => verb is not (Verb.Fork or Verb.Exit or Verb.SwapOff or Verb.SwapOn or Verb.DrainSlots or Verb.Fail or Verb.ClearRefs or Verb.SwapMax);

    // A load from an untouched page maps the zero page, which the model does not keep track of.
    private static bool SameState(char expected, char answer) => expected == answer || (expected == '-' && answer == 'P') || (expected == Poisoned && answer is 'S' or 'C');

    private static bool IsAccess(Verb verb) => verb is Verb.Read or Verb.Write or Verb.Tag or Verb.ReadTag;

    private static string FaultsOf(char state, Beside beside) =>
        state == '-' ? AnyOrNone : string.Create(CultureInfo.InvariantCulture, $"{beside.Minor}/{beside.Major}");

    /// <summary>As /proc/kpageflags has them, in the agent's letters.</summary>
    private static string FlagsOf(in MachineState s, Pfn pfn)
    {
        Span<char> letters = stackalloc char[5];
        var count = 0;
        var head = s.FolioOf(pfn);
        ref readonly var folio = ref s.Folio(head);
        if (folio.Test(FolioFlags.Dirty)) letters[count++] = 'd';
        if (folio.Test(FolioFlags.SwapCache)) letters[count++] = 's';
        if (folio.Test(FolioFlags.Mlocked)) letters[count++] = 'm';

        // Of a large folio those of its first page are shown for all (stable_page_flags()), though arm64 asks each page.
        if (s.Frame(head).Test(PageFlags.ArchTagged)) letters[count++] = 't';
        if (folio.IsLarge) letters[count++] = pfn == head ? 'H' : 'T';
        return count == 0 ? "-" : new string(letters[..count]);
    }

    private static string WithoutMlocked(string flags)
    {
        var without = flags.Replace("m", "", StringComparison.Ordinal);
        return without.Length == 0 ? "-" : without;
    }

    /// <summary>Slots in use, as /proc/swaps counts them; those held back count.</summary>
    public static int UsedOf(in MachineState s)
    {
        var used = 0;
        for (var type = 0; type < Capacity.Areas; type++)
        {
            if (s.Area(type).Is(AreaFlags.Used)) used += s.Area(type).InUse;
        }

        return used;
    }

    private static byte DataOf(in MachineState s, MmId mm, Vpn page)
    {
        var pte = s.Pte(mm, page);
        return pte.IsPresent ? s.Frame(pte.Pfn).Data : (byte)0;
    }

    private static PageTags TagsOf(in MachineState s, MmId mm, Vpn page)
    {
        var pte = s.Pte(mm, page);
        return pte.IsPresent ? s.Frame(pte.Pfn).Tags : default;
    }

    private static string? Mismatches(PageTags memory, PageTags pointers)
    {
        if (memory == pointers) return null;
        var digits = new char[PageTags.Granules];
        for (var g = 0; g < digits.Length; g++) digits[g] = memory[g] == pointers[g] ? '0' : IsPrevious(memory, g) ? AnyDigit : '1';
        return new string(digits);
    }

    /// <summary>Tags, and where they are those of whoever had the page before, whose they are nobody knows.</summary>
    private static string Shown(PageTags memory, PageTags stored)
    {
        var digits = memory.ToString().ToCharArray();
        for (var g = 0; g < digits.Length; g++)
        {
            if (memory[g] != stored[g] && IsPrevious(memory, g)) digits[g] = AnyDigit;
        }

        return new string(digits);
    }

    private static bool IsPrevious(PageTags memory, int granule) => memory[granule] == PageTags.PreviousOwner[granule];

    private static bool SameDigits(string expected, string? answer)
    {
        if (answer is null || answer.Length != expected.Length) return false;
        for (var i = 0; i < expected.Length; i++)
        {
            if (expected[i] != answer[i] && expected[i] != AnyDigit) return false;
        }

        return true;
    }
}
