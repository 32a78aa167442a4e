using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Search;

/// <summary>
/// The canonical form is an abstraction, so it is proved: whenever a walk through the worlds meets one that has the form of another and is not the same, everything that can
/// happen in one happens in the other, with the same outcome, the same verdicts, and the same form again.
/// </summary>
public class CanonicalTests
{
    private static readonly TaskId[] Actors = [TaskId.Of(default), TaskId.Of(default, 1), TaskId.Of(new MmId(1)), TaskId.Kswapd];

    private static readonly Verb[] Verbs =
    [
        Verb.Map, Verb.Write, Verb.Read, Verb.Tag, Verb.Fork, Verb.Exit, Verb.Unmap, Verb.Pageout, Verb.Reclaim, Verb.Mremap, Verb.Pin, Verb.Unpin, Verb.Dma, Verb.Mprotect, Verb.SwapOff, Verb.SwapOn, Verb.EndIo, Verb.Dontneed, Verb.Free,
    ];

    public static TheoryData<string, string, string, bool> Machines_and_swaps() => new()
    {
        { "v6.8", "none", "zram", false },
        { "v6.11", "arm64", "disk", false },
        { "v6.5", "sparc", "zram", false },
        { "v5.18", "arm64", "disk slots=3", false },
        { "debian-6.12.117", "arm64", "zram slots=400", false },
        { "v7.3", "arm64", "zram", true },
        { "v6.14", "none", "disk slots=7", true },
    };

    [Theory]
    [MemberData(nameof(Machines_and_swaps))]
    public void Worlds_with_one_form_take_every_step_to_one_form_again(string kernel, string arch, string swap, bool large)
    {
        const int Walks = 200;
        var executor = new Executor(KernelCatalogue.Get(kernel), Machines.Architectures.Single(a => a.Name == arch));
        var scope = new SearchScope(2, 2, 3, large);
        var seen = new Dictionary<UInt128, World>();
        var compared = new HashSet<(UInt128, UInt128)>();
        var choices = new Choices(0UL);
        for (var walk = 0; walk < Walks; walk++)
        {
            choices.Reset(Choices.SeedOf(31, walk));
            Executor.Boot(Machines.Program(swap, "P0 map a").Swaps, out var world);
            if (large) world = Ran(executor, world, Machines.Program(swap, "P0 map a-b large").Operations[0]);
            for (var step = 0; step < 120; step++)
            {
                // Mostly on with what is under way: worlds meet again where little is.
                var actions = Actions(in world);
                var busy = actions.FindAll(a => a.Op is null);
                var from = busy.Count > 0 && choices.Next(16) > 0 ? busy : actions;
                Do(executor, ref world, from[choices.Next(from.Count)], out _);
                var form = Canonical.Hash(in world, scope);
                if (seen.TryAdd(form, world)) continue;
                var other = seen[form];
                if (other == world || !compared.Add((other.Hash(), world.Hash()))) continue;
                Compare(executor, scope, in other, in world);
            }
        }

        Assert.True(compared.Count > 50, $"only {compared.Count} pairs were compared");
    }

    [Fact]
    public void Worlds_that_differ_in_what_a_program_would_see_have_different_forms()
    {
        var executor = new Executor(KernelCatalogue.Get("v6.8"), Machines.None);
        var forms = new HashSet<UInt128>();
        foreach (var last in new[] { "P0 read a", "P0 write a 2", "P0 pageout a", "P0 unmap a", "P0 fork P1", "P0 pin a", "P0 map b", "P0.1 write b", "P0 fail read" })
        {
            var world = Machines.Program("zram", "P0 map a", "P0 write a 1", "P0 pageout a", "P0 write a 1", last).Operations.Aggregate(Booted(), (w, op) => Ran(executor, w, op));
            forms.Add(Canonical.Hash(in world, new SearchScope(2, 2, 5)));
        }

        // The store to b, where nothing is mapped, does nothing, and so does the load.
        Assert.Equal(8, forms.Count);
    }

    [Fact]
    public void The_frame_and_the_slot_that_a_page_happened_to_get_make_no_difference()
    {
        var executor = new Executor(KernelCatalogue.Get("v6.8"), Machines.None);
        var ab = Ran(executor, "P0 map a", "P0 map b", "P0 write a 1", "P0 write b 2", "P0 pageout a", "P0 pageout b");
        var ba = Ran(executor, "P0 map a", "P0 map b", "P0 write b 2", "P0 write a 1", "P0 pageout b", "P0 pageout a");
        Assert.True(ab != ba);
        Assert.Equal(Canonical.Hash(in ab, new SearchScope(1, 2, 3)), Canonical.Hash(in ba, new SearchScope(1, 2, 3)));

        // With more operations swap could become half full, and the kernel would go by the numbers.
        Assert.NotEqual(Canonical.Hash(in ab, new SearchScope(4, 4, 28)), Canonical.Hash(in ba, new SearchScope(4, 4, 28)));
    }

    private static World Booted()
    {
        Executor.Boot(Machines.Program("zram", "P0 map a").Swaps, out var world);
        return world;
    }

    private static World Ran(Executor executor, params string[] lines) =>
        Machines.Program("zram", lines).Operations.Aggregate(Booted(), (w, op) => Ran(executor, w, op));

    private static World Ran(Executor executor, World world, Operation op)
    {
        if (!Executor.Begin(ref world, op.Task, in op)) return world;
        while (world.Tasks[op.Task.Value].IsUnderWay) Do(executor, ref world, new Action(op.Task, null), out _);
        return world;
    }

    private static void Compare(Executor executor, SearchScope scope, in World left, in World right)
    {
        Assert.Equal(Broken(executor, in left), Broken(executor, in right));
        foreach (var action in Actions(in left))
        {
            var (a, b) = (left, right);
            var what = Do(executor, ref a, action, out var first);
            Assert.Equal(what, Do(executor, ref b, action, out var second));
            Assert.Equal((first.Outcome, first.Wait.Kind, first.Marks, first.Oops), (second.Outcome, second.Wait.Kind, second.Marks, second.Oops));
            Assert.True(Canonical.Hash(in a, scope) == Canonical.Hash(in b, scope), $"{action} takes two worlds with one form to two forms:\n{string.Join('\n', Core.Traces.StateDiff.Between(in a, in b))}");
        }
    }

    /// <summary>All that can happen next: each idle task begins any operation, each busy one takes its step.</summary>
    private static List<Action> Actions(in World world)
    {
        var actions = new List<Action>();
        foreach (var task in Actors)
        {
            if (world.Tasks[task.Value].IsUnderWay)
            {
                actions.Add(new Action(task, null));
                continue;
            }

            foreach (var verb in task.IsKswapd ? [Verb.Reclaim] : Verbs)
            {
                for (byte p = 0; p < 2; p++) actions.Add(new Action(task, Of(task, verb, new Vpn(p))));
            }
        }

        return actions;
    }

    private static Operation Of(TaskId task, Verb verb, Vpn page) => new(
        task.IsKswapd ? default : task.Mm,
        verb,
        page,
        verb is Verb.SwapOff or Verb.SwapOn ? (byte)0 : verb == Verb.Map ? (byte)MapFlags.Tagged : (byte)(1 + page.Value),
        Child: new MmId(1),
        To: new Vpn((byte)(1 - page.Value)),
        Pin: verb == Verb.Pin && page.Value == 1 ? PinFlags.Write : PinFlags.None,
        Actor: task.IsKswapd ? Actor.Kswapd : Operation.Thread(task.Thread));

    private static bool Do(Executor executor, ref World world, Action action, out StepReport report)
    {
        report = new StepReport();
        if (action.Op is { } op) return Executor.Begin(ref world, action.Task, in op);
        executor.Step(ref world, action.Task, ref report);
        if (report.Outcome == StepOutcome.Blocked) return false;
        world.Oracle.Follow(in report.Observations, executor.Arch, ref report.Marks);
        report.Marks |= world.Ghost.Follow(in report);
        if (report.Outcome != StepOutcome.Ended) return true;
        Executor.Forget(ref world, action.Task);
        world.Ghost.Forget(action.Task);
        return true;
    }

    private static InvariantSet Broken(Executor executor, in World world)
    {
        var attention = new Attention();
        attention.Everything(in world);
        var report = new StepReport();
        var marks = executor.Kernel.MarksExclusive;
        var view = new View(in world, in report, attention, marks, marks && executor.Arch.HasPteSwpExclusive, executor.Arch.Metadata.Mask, Moment.AfterStep);
        var broken = InvariantSet.None;
        foreach (var id in InvariantCatalogue.ApplyingTo(executor.Arch, executor.Kernel).Members())
        {
            if (!InvariantCatalogue.Of(id).Holds(in view, out _)) broken = broken.With(id);
        }

        return broken;
    }

    private sealed record Action(TaskId Task, Operation? Op);
}
