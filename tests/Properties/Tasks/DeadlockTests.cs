using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;
using Xunit;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Properties.Tasks;

/// <summary>Kernels in which tasks get stuck, and what is said of them. mlock() is the path that is made to.</summary>
public class DeadlockTests
{
    private static readonly Kernel Good = KernelCatalogue.Get("v6.8");
    private static readonly Label Again = new("again");

    // Its own page table lock first, then that of the other process: two of them meet in the middle.
    private static readonly Kernel OppositeOrders = Kernel("takes page table locks in whichever order",
        Named("LockMine", Acquire(LockName.PageTable)),
        Named("LockOthers", Acquire(LockName.PageTable.At(LockOf.Child))),
        Named("Unlock", Release(LockName.PageTable.At(LockOf.Child)), Release(LockName.PageTable), Result(OpResult.Applied)),
        Return);

    private static readonly Kernel OneOrder = Kernel("takes page table locks together",
        Named("LockBoth", Acquire(LockName.PageTable), Acquire(LockName.PageTable.At(LockOf.Child))),
        Named("Work", Do(static (in m, ref t) => m.Count(Mark.None))),
        Named("Unlock", Release(LockName.PageTable.At(LockOf.Child)), Release(LockName.PageTable), Result(OpResult.Applied)),
        Return);

    private static readonly Kernel Round = Kernel("goes round with the lock",
        Named("Lock", Acquire(LockName.PageTable)),
        Again,
        Named("Round", Do(static (in m, ref t) => m.Count(Mark.None))),
        If(static (in m, in t) => t.Page.IsLast, Again),
        Goto(Again),
        Named("Unlock", Release(LockName.PageTable)),
        Return);

    [Fact]
    public void Two_tasks_that_take_two_locks_in_opposite_order_are_a_deadlock()
    {
        var violation = Stuck(OppositeOrders, [.. TwoProcesses, Mlock(0, 1, "LockOthers"), Mlock(1, 0)]);
        Assert.Equal("P1#1 mlock.LockOthers", violation.Place.ToString());
        Assert.Equal(new MmId(1), violation.Breach.Mm);
        Assert.Equal("P1 waits for a lock that nobody will give back", InvariantCatalogue.Of(InvariantId.Progress).Describe(violation.Breach));
    }

    [Fact]
    public void The_task_that_finds_it_is_the_one_that_is_reported()
    {
        // Both stand with a lock; the first to go on finds the other's taken.
        var violation = Stuck(OppositeOrders, [.. TwoProcesses, Mlock(0, 1, "LockOthers"), Mlock(1, 0, "LockOthers"), new Operation(default, Verb.Go)]);
        Assert.StartsWith("P0#", violation.Place.ToString(), StringComparison.Ordinal);
        Assert.Equal(new MmId(0), violation.Breach.Mm);

        // At the end of the program as well, in order of tasks.
        violation = Stuck(OppositeOrders, [.. TwoProcesses, Mlock(1, 0, "LockOthers"), Mlock(0, 1, "LockOthers")]);
        Assert.StartsWith("P0#", violation.Place.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_deadlock_is_found_from_outside_of_it_too()
    {
        // P1's other thread faults, and waits for one of the two that wait for each other.
        var machine = new Machine(OppositeOrders, Machines.None);
        var write = new Operation(new MmId(1), Verb.Write, default, 3, Actor: Operation.Thread(1));
        var workload = new Workload([new SwapConfig(true)], [.. TwoProcesses, Mlock(0, 1, "LockOthers"), Mlock(1, 0, "LockOthers"), write]);
        Assert.Equal(Machines.Set(InvariantId.Progress), machine.Run(workload, machine.Checked, stopAtFirst: false));
        Assert.StartsWith("P1.1#1 ", machine.ViolationOf(InvariantId.Progress).Place.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void One_after_the_other_they_are_none_and_neither_if_each_takes_both_at_once()
    {
        Fine(OppositeOrders, [.. TwoProcesses, Mlock(0, 1), Mlock(1, 0)]);

        // The one that waits lets the other go on by a step, and tries again.
        Assert.Equal(2, Fine(OneOrder, [.. TwoProcesses, Mlock(0, 1, "Work"), Mlock(1, 0)]));
        Fine(OneOrder, [.. TwoProcesses, Mlock(0, 1, "LockBoth"), Mlock(1, 0, "Work")]);
    }

    [Fact]
    public void A_task_that_waits_for_itself_is_a_deadlock()
    {
        var kernel = Kernel("reads and then writes",
            Named("Read", Acquire(LockName.MmapRead)),
            Named("Write", Acquire(LockName.MmapWrite)),
            Named("Unlock", Release(LockName.MmapWrite), Release(LockName.MmapRead)),
            Return);
        var violation = Stuck(kernel, [.. TwoProcesses, Mlock(0, 1)]);
        Assert.Equal("P0#4 mlock.Write", violation.Place.ToString());
    }

    [Fact]
    public void A_lock_that_is_never_given_back_is_seen_at_the_end_of_the_operation_and_the_run_ends()
    {
        // By hand, as no kernel with such a path can be made: MmapReadUnlock is missing at the end of every fault.
        var fault = Good[PathId.HandleMmFault];
        var kernel = Good.Mutated("unlock forgotten", "-", fault.Replace(Fault.MmapReadUnlock, Named("Nothing", Do(static (in m, ref t) => m.Count(Mark.None)))));
        var machine = new Machine(kernel, Machines.None);
        var workload = Machines.Program("zram", "P0 map a", "P0 read a", "P0 write a 1", "P0.1 unmap a", "P0 map b");
        Assert.Equal(Machines.Set(InvariantId.Progress), machine.Run(workload, machine.Checked, stopAtFirst: false));
        var violation = machine.ViolationOf(InvariantId.Progress);
        Assert.Equal((TaskId.Of(default), 3), (violation.Place.Task, violation.Place.Ordinal));
        Assert.Contains("still holds the mmap lock", InvariantCatalogue.Of(InvariantId.Progress).Describe(violation.Breach), StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_that_goes_round_while_another_sleeps_is_a_livelock()
    {
        var sleeper = new Operation(default, Verb.Read, default, Actor: Operation.Thread(1), Until: new Until("Access"));
        var violation = Stuck(Round, [.. TwoProcesses, sleeper, Mlock(0, 1)]);
        Assert.Equal((TaskId.Of(default), "Round"), (violation.Place.Task, violation.Place.Step.Name));
        Assert.Equal($"P0 has taken {Machine.StepLimit} steps in one operation and is no further", InvariantCatalogue.Of(InvariantId.Progress).Describe(violation.Breach));
    }

    [Fact]
    public void A_task_that_waits_for_one_that_goes_round_is_not_the_one_that_is_reported()
    {
        var violation = Stuck(Round, [.. TwoProcesses, Mlock(0, 1, "Round"), new Operation(default, Verb.Write, default, 2, Actor: Operation.Thread(1)), new Operation(default, Verb.Fork, Child: new MmId(2), Actor: Operation.Thread(2))]);
        Assert.Equal((TaskId.Of(default), "Round"), (violation.Place.Task, violation.Place.Step.Name));
    }

    [Fact]
    public void Who_waits_for_a_holder_that_can_move_is_in_no_deadlock()
    {
        // Three tasks in a row, the last of which can move.
        string[] lines = ["P0 map a", "P0 write a 1", "P0 pageout a", "P0 read a until PteOffsetMapLock", "P0.1 write a 2 until SetPteAt", "P0.2 unmap a"];
        Assert.True(Fine(Good, Machines.Program("disk", lines).Operations) >= 2);

        // Slots in use that nobody in particular has: anybody may go on.
        lines = ["P0 map a", "P0 write a 1", "P0 pageout a", "P0 fork P1", "P1 unmap a", "P0 read a until SwapcacheClear", "P1 swapoff 0"];
        Assert.Equal(1, Fine(Good, Machines.Program("zram", lines).Operations));
    }

    private static Operation[] TwoProcesses => [.. Machines.Program("zram", "P0 map a", "P0 write a 1", "P0 fork P1").Operations];

    private static Operation Mlock(byte mm, byte other, string? until = null) =>
        new(new MmId(mm), Verb.Mlock, default, Child: new MmId(other), Until: until is null ? null : new Until(until));

    private static Violation Stuck(Kernel kernel, Operation[] operations)
    {
        var machine = new Machine(kernel, Machines.None);
        Assert.Equal(Machines.Set(InvariantId.Progress), machine.Run(new Workload([new SwapConfig(true)], [.. operations]), machine.Checked, stopAtFirst: false));
        return machine.ViolationOf(InvariantId.Progress);
    }

    /// <summary>Runs to its end, with nothing broken; how often somebody had to wait.</summary>
    private static int Fine(Kernel kernel, IEnumerable<Operation> operations)
    {
        var machine = new Machine(kernel, Machines.None);
        var waits = new Waits();
        Assert.Equal(InvariantSet.None, machine.Run(new Workload([new SwapConfig(true)], [.. operations]), machine.Checked, stopAtFirst: false, waits));
        Assert.False(Core.Tasks.UnderWay(in machine.World).Any);
        return waits.Count;
    }

    private static Kernel Kernel(string description, params PathItem[] items) => Good.With("stuck", "-", description, new KernelPath(PathId.Mlock, "mlock()", items));

    private static Step Named(string name, params IReadOnlyList<Instruction> instructions) => new(name, "test", Era.Never, instructions);

    private sealed class Waits : IStepObserver
    {
        public int Count { get; private set; }

        public void OnOperation(int index, Operation op)
        {
        }

        public void OnStep(in StepPlace place, in World before, in World after)
        {
        }

        public void OnBlocked(in StepPlace place, Waiting waiting, TaskId? holder) => Count++;

        public void OnViolation(in Violation violation)
        {
        }

        public void OnOperationEnded(int index, Operation op, OpResult result)
        {
        }
    }
}
