using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;
using Hooks.Lab;
using Hooks.Lab.Races;
using Xunit;

namespace Hooks.LabTests.Races;

/// <summary>What is to be played: turn after turn, as the model has it.</summary>
public class RacePlanTests
{
    private const string Race = "kernel v6.5\narch arm64\nswap zram\nP0 map a\nP0 write a 1\nP0 pageout a\nP0 read a until PteOffsetMapLock\nP0.1 write a 2\nP0.1 pageout a\nP0 go\n";

    [Fact]
    public void Without_the_claim_the_second_task_goes_through()
    {
        var plan = Plan("debian-6.1.192-norestore-noprepare", Race);
        Assert.Equal(["P0 Ended", "P0 Ended", "P0 Ended", "P0 Stands do_swap_page.PteOffsetMapLock", "P0.1 Ended", "P0.1 Ended", "P0 Ended", "P0 Ended", "P0 Ended"], plan.Turns.Select(Text));
        Assert.True(plan.Broken.Contains(InvariantId.DataPreservation));
        Assert.Equal(1, plan.Slots);
        Assert.Equal(1, plan.Operations[plan.Given].Model!.Value);
        Assert.Equal(2, plan.Operations[plan.Given].Expected.Data);
    }

    [Fact]
    public void With_it_the_second_waits_and_the_first_goes_on_to_its_end_where_it_cannot_be_held()
    {
        var plan = Plan("debian-6.1.192", Race);
        Assert.Equal(["P0 Stands do_swap_page.PteOffsetMapLock", "P0.1 Waits do_swap_page.ScheduleTimeout", "P0 Ended", "P0.1 Ended", "P0.1 Ended"], plan.Turns.Skip(3).Take(5).Select(Text));
        Assert.False(plan.Broken.Contains(InvariantId.DataPreservation));
    }

    [Fact]
    public void Who_waits_is_asked_once_and_what_it_waits_for_is_said()
    {
        var plan = Plan("debian-6.12.117", "kernel v6.5\narch arm64\nswap zram\nP0 map a\nP0 write a 1\nP0 pageout a until shrink_folio_list.SwapDuplicate\nP0.1 read a\n");
        var waits = plan.Turns.Where(t => t.End == TurnEnd.Waits).ToList();
        Assert.Equal(["P0's page table lock", "the lock of pfn 1"], waits.Select(t => t.Waiting.ToString()));
        Assert.All(waits, t => Assert.Equal("P0.1 P0", $"{t.Task} {t.Holder}"));
        Assert.Equal(3, plan.Turns.Count(t => t.Operation == waits[0].Operation));
    }

    [Fact]
    public void An_operation_that_stands_goes_on_before_its_task_is_given_another()
    {
        var plan = Plan("debian-6.1.192", "kernel v6.5\narch arm64\nswap zram\nP0 map a\nP0 write a 1\nP0 pageout a until shrink_folio_list.SwapDuplicate\nP0 read a\n");
        Assert.Contains(plan.Workload.Operations, op => op.Verb == Verb.Go);
        Assert.Equal(1, plan.Operations[4].Model!.Value);
    }

    /// <summary>P0 has to end what it stands in, as P0.1 needs the mmap lock; that its <c>go</c> finds nothing then says nothing of it.</summary>
    [Fact]
    public void What_an_operation_came_to_is_taken_when_it_ends_in_whosever_line()
    {
        var plan = Plan("debian-6.12.117", "kernel v6.5\narch arm64\nswap zram\nP0 map a\nP0 write a 1\nP0 pageout a\nP0 map b\nP0 unmap a until munmap.FreeSwapAndCache\nP0.1 pageout b\nP0 go\n");
        var unmap = plan.Operations.Single(o => o.Op.Verb == Verb.Unmap);
        Assert.Equal(AnswerKind.Ok, unmap.Model!.Kind);
        Assert.True(unmap.Held);
        Assert.False(plan.Operations[0].Held);
    }

    /// <summary>A fault that has waited for a folio's lock begins again on the kernel, and then waits for the page table.</summary>
    [Fact]
    public void A_fault_that_begins_again_is_another_race()
    {
        var plan = Plan("v7.3", Race);
        var waits = plan.Turns.First(t => t is { End: TurnEnd.Waits, Step: "do_swap_page.FolioLock" });
        var next = plan.Turns.First(t => t.Operation == waits.Operation && t != waits);
        Assert.True(Play(next).Retries);
        Assert.False(Play(plan.Turns.First(t => t.Begins && t.End == TurnEnd.Ended)).Retries);

        RacePlay Play(RaceTurn waited) => new(plan, [.. plan.Turns.Select(t => new PlayedTurn(t, t == waited || t.End == TurnEnd.Waits ? TurnOutcome.Waited : t.End == TurnEnd.Ended ? TurnOutcome.Ended : TurnOutcome.Stood, ""))], [], TimeSpan.Zero, null);
    }

    /// <summary>A page that was paged out while another task stood may be in the batch of that task's CPU, and have stayed: what follows from that is no difference.</summary>
    [Theory]
    [InlineData("P0 read b until do_swap_page.SwapReadpage\nP0.1 pageout a\nP0.1 read a until do_swap_page.SwapFree\n", true)]
    [InlineData("P0 read b until do_swap_page.SwapReadpage\nP0 go\nP0.1 pageout a\nP0.1 read a until do_swap_page.SwapFree\n", false)]
    [InlineData("P0 read b until do_swap_page.SwapFree\n", false)]
    public void A_page_out_beside_a_task_that_stands_may_leave_the_page(string then, bool passesBy)
    {
        var plan = Plan("debian-6.12.117", "kernel v6.5\narch arm64\nswap zram\nP0 map a\nP0 write a 1\nP0 map b\nP0 write b 2\nP0 pageout b\n" + then);
        var last = plan.Turns.Last(t => t is { End: TurnEnd.Stands, Step: "do_swap_page.SwapFree" });
        var play = new RacePlay(plan, [.. plan.Turns.Select(t => new PlayedTurn(t, t == last || t.End == TurnEnd.Ended ? TurnOutcome.Ended : t.End == TurnEnd.Stands ? TurnOutcome.Stood : TurnOutcome.Waited, ""))], [], TimeSpan.Zero, null);
        Assert.Same(last, play.Turns[play.FirstTurn].Turn);
        Assert.Equal(passesBy, play.PassesBy);
    }

    /// <summary>The agent looks whether a page is mapped, and it has been unmapped by the time it is accessed; and it makes its pointer before.</summary>
    [Fact]
    public void What_the_agent_cannot_do_otherwise_is_no_difference()
    {
        var plan = Plan("debian-6.12.117", "kernel v6.5\narch arm64\nswap zram\nP0 map a tagged\nP0 tag a 1\nP0 pageout a\nP0 write a 1 until do_swap_page.PteOffsetMapLock\nP0.1 dontneed a\n");
        Assert.True(Said("ok at=1000").Agrees);
        Assert.False(Said("sig 11 1").Agrees);
        plan = Plan("debian-6.12.117", "kernel v6.5\narch arm64\nswap zram\nP0 map a\nP0 write a 1\nP0 pageout a\nP0 write a 1 until do_swap_page.PteOffsetMapLock\nP0.1 unmap a\n", atAccess: true);
        Assert.True(Said("sig 11 1").Agrees);
        Assert.False(Said("sig 11 2").Agrees);

        RacePlay Said(string answer) => new(
            plan,
            [.. plan.Turns.Select(t => new PlayedTurn(t, t.End switch { TurnEnd.Ended => TurnOutcome.Ended, TurnEnd.Stands => TurnOutcome.Stood, _ => TurnOutcome.Waited }, ""))],
            [.. plan.Operations.Select((o, i) => i == 3 ? Answer.Parse(answer) : o.Op.Verb == Verb.Go ? null : o.Model)],
            TimeSpan.Zero,
            null);
    }

    /// <summary>swapoff beside a large swap-in: a real kernel's folio has four pages, and its slots come from a whole cluster.</summary>
    private const string Large = "kernel v7.3\narch arm64\nswap zram\nP0 map a-b large\nP0 write a 1\nP0 reclaim a\nP0 read a until FolioLock\nP0.1 swapoff 0 until UnusePteRange#2\nP0.2 read b\n";

    [Fact]
    public void With_large_folios_all_pages_are_mapped_and_looked_at_and_the_area_has_whole_clusters()
    {
        var program = Program("v7.3", Large);
        var plan = program.Plan;
        Assert.Equal(1024, plan.Workload.Swaps[0].Slots);
        Assert.Equal(2, program.Changes.Length);
        Assert.Equal(["a", "b", "c", "d"], plan.Operations.Skip(plan.Given).Where(o => o.Op.Verb == Verb.Read).Select(o => o.Op.Page.ToString()));
        Assert.Equal(["P0 Stands do_swap_page.FolioLock", "P0.1 Stands swap_off.UnusePteRange", "P0.2 Ended"], plan.Turns.Skip(3).Take(3).Select(Text));
        Assert.Equal(2, plan.Turns[4].Arrival);
        Assert.True(plan.Broken.Contains(InvariantId.Progress));
        Assert.Empty(plan.NeverStood);

        // An area that has them is left as it is.
        Assert.Equal(8191, Program("v7.3", Large.Replace("zram", "zram slots=8191", StringComparison.Ordinal)).Plan.Workload.Swaps[0].Slots);
    }

    [Fact]
    public void A_bug_of_the_kernel_is_what_the_model_says_only_if_its_assertions_do_not_hold_either()
    {
        var bug = new GuestException("the guest has come to a kernel BUG at mm/memory.c:5092", []) { Bug = "kernel BUG at mm/memory.c:5092" };
        Assert.True(Lost("v7.3", bug).Agrees);
        Assert.False(Lost("debian-6.12.117", bug).Agrees);

        // In the turn before it is another one.
        Assert.False(Lost("v7.3", bug, after: 4).Agrees);
        Assert.False(Lost("v7.3", new GuestException("hung", [])).Agrees);
        Assert.Equal("a BUG of the kernel 1 of 1", RaceOutcome.Of([Lost("v7.3", bug)]).Verdict);
        Assert.Equal("the guest did not survive 2 of 2", RaceOutcome.Of([Lost("v7.3", bug), Lost("v7.3", new GuestException("hung", []))]).Verdict);

        static RacePlay Lost(string kernel, GuestException failure, int after = 5)
        {
            var plan = Program(kernel, Large).Plan;
            return new(plan, [.. plan.Turns.Take(after).Select(t => new PlayedTurn(t, t.End switch { TurnEnd.Ended => TurnOutcome.Ended, TurnEnd.Stands => TurnOutcome.Stood, _ => TurnOutcome.Waited }, ""))], [], TimeSpan.Zero, failure);
        }
    }

    [Fact]
    public void Who_never_comes_to_the_step_is_said()
    {
        Assert.Equal("P0 read a             until SwapcachePrepare", Assert.Single(Plan("v7.3", Race.Replace("PteOffsetMapLock", "SwapcachePrepare", StringComparison.Ordinal)).NeverStood) is var op ? $"{op.Task} {op}" : "");
        Assert.Empty(Plan("v7.3", Race).NeverStood);

        // It has to wait there, or before it: that is no step that is not there.
        Assert.Empty(Plan("debian-6.1.192", Race + "P0.1 read a until PteOffsetMapLock\n").NeverStood);
    }

    [Fact]
    public void A_race_lost_on_the_kernel_only_differs()
    {
        var plan = Plan("debian-6.1.192", Race);
        var answers = plan.Operations.Select(o => o.Op.Verb == Verb.Go ? null : o.Model).ToArray();
        RacePlay Play(Answer?[] said) => new(plan, [.. plan.Turns.Select(t => new PlayedTurn(t, t.End switch { TurnEnd.Ended => TurnOutcome.Ended, TurnEnd.Stands => TurnOutcome.Stood, _ => TurnOutcome.Waited }, ""))], [.. said], TimeSpan.Zero, null);
        Assert.True(Play(answers) is { Agrees: true, Loses: false });
        answers[plan.Given] = answers[plan.Given]! with { Value = 1 };
        var lost = Play(answers);
        Assert.True(lost is { Agrees: false, Loses: true });
        Assert.Equal(plan.Given, lost.FirstAnswer);
        Assert.Equal("lost 1 of 2", RaceOutcome.Of([lost, Play([.. plan.Operations.Select(o => o.Model)])]).Verdict);
    }

    private static RacePlan Plan(string kernel, string text, bool atAccess = false) =>
        RacePlan.Of(new Machine(KernelCatalogue.Get(kernel), new Arm64Architecture()), CaseParser.Parse(text, "race").Workload, step => Place.All.ContainsKey(step) || (atAccess && step == StepAddresses.Access));

    private static RaceProgram Program(string kernel, string text)
    {
        var of = KernelCatalogue.Get(kernel);
        var steps = of.Paths.SelectMany(p => p.Steps.Select(s => $"{p.Id.KernelName()}.{s.Name}")).Distinct().Select(s => new StepAddress(s, [1], ""));
        var program = RaceProgram.Of(CaseParser.Parse(text, "race").Workload, new Machine(of, new Arm64Architecture()), new StepAddresses(steps), out var whyNot);
        Assert.Null(whyNot);
        return program!;
    }

    private static string Text(RaceTurn turn) => $"{turn.Task} {turn.End}{(turn.Step.Length > 0 ? " " + turn.Step : "")}";
}
