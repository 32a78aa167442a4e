using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Xunit;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Properties.Paths;

/// <summary>What is wrong with a path is found when a kernel is made of it, and said with the place.</summary>
public class PathCheckTests
{
    private static readonly Kernel Good = KernelCatalogue.Get("v6.11");
    private static readonly Label Here = new("here");
    private static readonly Label There = new("there");

    private static readonly Step Nothing = Named("Nothing", Do(static (in m, ref t) => m.Count(Mark.None)));

    public static TheoryData<string> Faulty() => [.. Faults.Keys];

    private static Dictionary<string, (PathItem[] Items, string Message)> Faults { get; } = new()
    {
        ["reads a local never set"] = ([Named("Lock", Acquire(LockName.PageTable)), Named("Put", Do(static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio)), Named("Unlock", Release(LockName.PageTable)), Return],
            "mlock, Put: reads Folio, which is not set on every way here"),
        ["reads a local that is set on one way only"] = ([Named("Maybe", If(static (in m, in t) => t.Page.IsLast, Here)), Named("Set", Do(static (in m, ref t) => t.Folio = Pfn.None, sets: Locals.Folio)), Here, Named("Put", Do(static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio)), Return],
            "mlock, Put: reads Folio, which is not set on every way here"),
        ["returns with a lock held"] = ([Named("Lock", Acquire(LockName.MmapRead)), Nothing, Return], "mlock, Nothing: returns with mmap_lock of Mm, for reading held"),
        ["gives back a lock that it does not have"] = ([Nothing, Named("Unlock", Release(LockName.PageTable)), Return], "mlock, Unlock: gives the page table lock of Mm back without having it"),
        ["gives back the right lock of something else"] = ([Named("Lock", Acquire(LockName.PageTable)), Named("Unlock", Release(LockName.PageTable.At(LockOf.Child)), Release(LockName.PageTable)), Return], "mlock, Unlock: gives the page table lock of Child back without having it"),
        ["takes a lock twice"] = ([Named("Lock", Acquire(LockName.PageTable)), Named("Again", Acquire(LockName.PageTable)), Named("Unlock", Release(LockName.PageTable)), Return], "mlock, Again: takes the page table lock of Mm twice"),
        ["is reached with and without a lock"] = ([Named("Maybe", If(static (in m, in t) => t.Page.IsLast, Here)), Named("Lock", Acquire(LockName.PageTable)), Here, Named("Unlock", Release(LockName.PageTable)), Return], "mlock, Unlock: is reached with other locks held than before"),
        ["waits after it has changed something"] = ([Named("ChangeAndWait", Do(static (in m, ref t) => m.WriteMm(t.Mm).Users++), Wait(static (in m, in t) => default)), Return], "mlock, ChangeAndWait: waits after it has changed something in the same step"),
        ["takes a lock after it has changed something"] = ([Named("ChangeAndLock", Do(static (in m, ref t) => m.WriteMm(t.Mm).Users++), Acquire(LockName.PageTable)), Named("Unlock", Release(LockName.PageTable)), Return], "mlock, ChangeAndLock: waits after it has changed something in the same step"),
        ["goes off its end"] = ([Nothing, Named("Last", Do(static (in m, ref t) => m.Count(Mark.None)))], "mlock, Last: goes off the end of the path; expected a return or a jump"),
        ["jumps off its end"] = ([Named("Jump", Goto(Here)), Return, Here], "mlock, Jump: goes off the end of the path; expected a return or a jump"),
        ["goes round without a step"] = ([Nothing, Here, If(static (in m, in t) => t.Page.IsLast, There), Goto(Here), There, Return], "mlock, Nothing: goes round without a step"),
        ["sets the operand of a lock that it holds"] = ([Named("Set", Do(static (in m, ref t) => t.Folio = Pfn.None, sets: Locals.Folio)), Named("Lock", Acquire(LockName.Folio)), Named("Other", Do(static (in m, ref t) => t.Folio = new Pfn(1), sets: Locals.Folio)), Named("Unlock", Release(LockName.Folio)), Return],
            "mlock, Other: sets Folio while it holds the lock of it"),
        ["calls do_wp_page() without the page table lock"] = ([Named("Set", Do(static (in m, ref t) => t.OrigPte = Pte.None, sets: Locals.OrigPte)), Call(PathId.DoWpPage), Return], "mlock, Set: calls do_wp_page without page table lock of Mm held"),
        ["calls do_wp_page() without an entry"] = ([Named("Lock", Acquire(LockName.PageTable)), Call(PathId.DoWpPage), Return], "mlock, Lock: calls do_wp_page without having set OrigPte"),
        ["counts on a local that a call may have changed"] = ([Named("Lock", Acquire(LockName.PageTable)), Named("Set", Do(static (in m, ref t) => { t.OrigPte = Pte.None; t.Folio = Pfn.None; }, sets: Locals.OrigPte | Locals.Folio)), Call(PathId.DoWpPage), Named("Put", Do(static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio)), Return],
            "mlock, Put: reads Folio, which is not set on every way here"),
        ["jumps to a label that is not there"] = ([Named("Jump", Goto(There)), Return], "there is no label there, to which Jump jumps"),
        ["has a label twice"] = ([Here, Nothing, Here, Return], "label here stands twice"),
        ["changes the machine between steps"] = ([Nothing, Do(static (in m, ref t) => m.WriteMm(t.Mm).Users++), Return], "Do stands outside of a step, where others could not see it"),
        ["has a step without an instruction"] = ([Named("Empty"), Return], "step Empty has no instruction"),
        ["has no step"] = ([Return], "a path needs a step"),
    };

    [Theory]
    [MemberData(nameof(Faulty))]
    public void A_path_is_refused_that(string fault)
    {
        var (items, message) = Faults[fault];
        var error = Assert.Throws<ArgumentException>(() => Good.With("faulty", "-", "faulty", new KernelPath(PathId.Mlock, "mlock()", items)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_without_a_fault_is_not()
    {
        var kernel = Good.With("fine", "-", "fine", new KernelPath(PathId.Mlock, "mlock()", Named("Lock", Acquire(LockName.PageTable)), Nothing, Named("Unlock", Release(LockName.PageTable)), Return));
        Assert.Equal(3, kernel[PathId.Mlock].Steps.Length);
    }

    [Fact]
    public void No_kernel_of_the_catalogue_has_a_fault()
    {
        foreach (var kernel in KernelCatalogue.All) Assert.Equal([], kernel.Faults());
    }

    [Fact]
    public void A_task_remembers_as_many_calls_as_go_into_each_other_and_a_path_that_comes_back_to_itself_is_refused()
    {
        Assert.Equal(PathContract.DeepestCall, KernelCatalogue.All.Max(kernel => kernel.Paths.Max(kernel.DeepestCall)));
        var error = Assert.Throws<ArgumentException>(() => Good.With("faulty", "-", "faulty", new KernelPath(PathId.Mlock, "mlock()", Nothing, Call(PathId.Mlock), Return)));
        Assert.Contains("mlock: its calls go deeper than a task remembers", error.Message, StringComparison.Ordinal);
    }

    private static Step Named(string name, params IReadOnlyList<Instruction> instructions) => new(name, "test", Era.Never, instructions);
}
