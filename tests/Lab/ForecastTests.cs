using Hooks.Core.Workloads;
using Hooks.Lab;
using Xunit;

namespace Hooks.LabTests;

/// <summary>The comparison must allow all that the environment can do, and nothing else.</summary>
public class ForecastTests
{
    private const int Workloads = 300;
    private const string Fixed = "debian-6.1.192";
    private const string Unfixed = "debian-6.1.192-norestore";
    private const string Unfixed610 = "debian-6.1.192-norestore-noprepare";

    public static TheoryData<string, bool, int> Lanes()
    {
        var data = new TheoryData<string, bool, int>();
        foreach (var kernel in new[] { Fixed, Unfixed, Unfixed610, "debian-6.12.117" })
        {
            foreach (var slots in new[] { 3, Lane.Small, Lane.Large })
            {
                data.Add(kernel, true, slots);
                data.Add(kernel, false, slots);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public void Whatever_the_environment_does_is_allowed(string kernel, bool zram, int slots)
    {
        var machine = ModelGuest.Machine(kernel);
        foreach (var (program, choices) in Programs(new Lane(zram, slots), kernel))
        {
            var comparison = Comparison.Of(machine, program, ModelGuest.Answers(kernel, program, choices));
            Assert.True(comparison.Agrees, $"{program.Workload}\n{Shown(comparison)}");
        }
    }

    [Theory]
    [InlineData(Fixed, true, Lane.Small)]
    [InlineData("debian-6.12.117", false, Lane.Large)]
    [InlineData("v7.3", false, Lane.Small)]
    public void Whatever_it_does_below_a_limit_and_by_all_threads_is_allowed(string kernel, bool zram, int slots)
    {
        var machine = ModelGuest.Machine(kernel);
        int limited = 0, threads = 0;
        foreach (var (program, choices) in Programs(new Lane(zram, slots, SwapMax: 2, Threads: true), kernel))
        {
            var comparison = Comparison.Of(machine, program, ModelGuest.Answers(kernel, program, choices));
            Assert.True(comparison.Agrees, $"{program.Workload}\n{Shown(comparison)}");
            limited += program.Operations.Count(op => op.Verb == Verb.SwapMax);
            threads += program.Lines.Count(line => line.StartsWith("P0.2 ", StringComparison.Ordinal));
        }

        Assert.True(limited > Workloads && threads > Workloads, $"{limited} limits, {threads} operations of a third thread");
    }

    /// <summary>As 7.3.4 answered: what could not be read stays in the swap cache until memory is short, which mincore() does not show, and is not asked for again.</summary>
    [Theory]
    [InlineData("P0 read a", "sig 7 2 s=S u=1 n=0/0", true)]
    [InlineData("P0 read a", "sig 7 2 s=C u=1 n=0/0", false)]
    [InlineData("P0 read a", "ok v=1 s=X u=1 n=0/1 f=0 k=s", false)]
    [InlineData("P0 pin a write", "err EFAULT s=S u=1", true)]
    [InlineData("P0 swapoff 0", "ok u=0", true)]
    [InlineData("P0 swapoff 0\nP0 read a", "sig 7 4 s=S u=0 n=0/0", true)]
    [InlineData("P0 swapoff 0\nP0 read a", "sig 7 4 s=- u=0 n=0/0", false)]
    public void A_page_that_cannot_be_read(string line, string answer, bool agrees)
    {
        var workload = CaseParser.Parse($"kernel any\narch any\nswap disk\nP0 map a\nP0 write a 1\nP0 pageout a\nP0 fail read\n{line}\n", "test").Workload;
        var program = LabProgram.Of(workload, ModelGuest.Machine("v7.3"));
        Assert.Contains("P0 fail read", program.Lines);
        var forecast = new Forecast(ModelGuest.Machine("v7.3"), program.Workload);
        string[] answers = ["ok s=- u=0", "ok s=X u=0 n=1/0 k=-", "ok s=S u=1", "ok s=S all=S.../..../..../.... u=1", "ok u=1", .. line.Contains('\n', StringComparison.Ordinal) ? ["ok u=0"] : Array.Empty<string>(), answer];
        for (var i = 0; i < answers.Length; i++)
        {
            var step = forecast.Advance(program.Operations[i], Answer.Parse(answers[i]));
            Assert.Equal(agrees || i < answers.Length - 1, step.Agrees);
        }
    }

    /// <summary>As 6.1.192 without arch_swap_restore() answered (workload 1526 of seed 90210): tags are lost, then the page is given up, and written with the tags that are there.</summary>
    [Fact]
    public void What_is_stored_in_a_page_given_up_has_the_tags_that_were_found_there()
    {
        var workload = CaseParser.Parse("kernel any\narch any\nswap disk\nP0 map a tagged\nP0 tag a 1\nP0 pageout a\nP0 write a 1\nP0 free a\nP0 write a 1\n", "test").Workload;
        var program = LabProgram.Of(workload, ModelGuest.Machine(Unfixed));
        var forecast = new Forecast(ModelGuest.Machine(Unfixed), program.Workload);
        string[] answers =
        [
            "ok s=- u=0", "ok s=X k=t n=1/0 u=0", "ok s=C u=1", "ok s=S all=S.../..../..../.... u=1", "ok segv=9 at=1111 s=X f=0 k=dt n=0/1 u=0", "ok s=X f=0 k=t u=0", "ok t=0000 s=X f=0 k=t u=0", "ok s=X f=0 k=t u=0",
            "ok v=1 s=X f=0 k=t u=0 n=0/0", "ok t=0000 s=X f=0 k=t u=0 n=0/0",
        ];
        Assert.Equal(answers.Length, program.Operations.Length);
        for (var i = 0; i < answers.Length; i++) Assert.True(forecast.Advance(program.Operations[i], Answer.Parse(answers[i])).Agrees, $"{program.Operations[i]}: {answers[i]}");
    }

    /// <summary>As the same kernel answered (workload 1348 of seed 90210): the agent goes by what it finds whether the kernel lets the page go or not, as here, where a child shares it.</summary>
    [Theory]
    [InlineData("ok v=0 s=P f=0 k=t u=0", true)]
    [InlineData("ok v=0 segv=9 at=1111 s=P f=0 k=t u=0 n=0/0", false)]
    public void The_tags_of_a_page_given_up_are_those_that_are_found(string answer, bool agrees)
    {
        var workload = CaseParser.Parse("kernel any\narch any\nswap zram\nP0 map a tagged\nP0 tag a 1\nP0 pageout a\nP0 read a\nP0 fork P1\nP0 free a\nP0 read a\n", "test").Workload;
        var program = LabProgram.Of(workload, ModelGuest.Machine(Unfixed610));
        var forecast = new Forecast(ModelGuest.Machine(Unfixed610), program.Workload);
        string[] answers = ["ok s=- u=0", "ok s=X k=t n=1/0 u=0", "ok s=S u=1", "ok v=0 segv=9 at=1111 s=X f=0 k=t n=0/1 u=0", "ok u=0", "ok s=P f=0 k=t u=0"];
        for (var i = 0; i < answers.Length; i++) Assert.True(forecast.Advance(program.Operations[i], Answer.Parse(answers[i])).Agrees, $"{program.Operations[i]}: {answers[i]}");
        Assert.Equal(agrees, forecast.Advance(program.Operations[6], Answer.Parse(answer)).Agrees);
    }

    [Theory]
    [InlineData("swap zram", "P0 fail read", "fail read left out")]
    [InlineData("swap disk\nswap zram", "P0 fail read", "fail read left out")]
    [InlineData("swap disk", "P0 fail read 8", "fail read left out")]
    [InlineData("swap disk", "P0 fail read\nP0 swapon 0", "fail read left out")]
    [InlineData("swap disk", "P0 fail alloc", "only a disk's reads")]
    public void What_cannot_be_made_to_fail_is_left_out_and_said_so(string swap, string line, string says)
    {
        var program = LabProgram.Of(CaseParser.Parse($"kernel any\narch any\n{swap}\nP0 map a\n{line}\n", "test").Workload, ModelGuest.Machine("v7.3"));
        Assert.Contains(program.Changes, change => change.Contains(says, StringComparison.Ordinal));
        Assert.DoesNotContain(program.Operations, op => op.Verb == Verb.Fail);
    }

    /// <summary>As 6.12.117 and 6.1.192 answered (workloads 1170 and 1182 of seed 424242).</summary>
    [Theory]
    [InlineData("debian-6.12.117", "P0 mlock a\nP0 read a\nP0 fork P1\nP1 mlock a\nP0 unmap a\nP1 read a",
        "ok s=S u=1|ok v=1 s=X f=0 k=- n=0/1 u=0|ok u=0|ok s=P k=m u=0|ok s=. u=0|ok v=1 s=X f=0 k=- n=0/0 u=0")]
    [InlineData("debian-6.1.192", "P0 mlock a\nP0 fork P1\nP0 write a 1\nP1 read a",
        "ok s=S u=1|ok u=1|ok s=X f=1 k=m n=0/1 u=1|ok v=1 s=X f=1 k=dm n=1/0 u=0")]
    [InlineData("debian-6.1.192", "P0 mlock a\nP0 fork P1\nP0 write a 1\nP1 read a\nP0 unmap a",
        "ok s=S u=1|ok u=1|ok s=X f=1 k=m n=0/1 u=1|ok v=1 s=X f=1 k=dm n=1/0 u=0|ok s=. u=0|na s=. u=0|na s=. u=0|ok v=1 s=X f=0 k=d n=0/0 u=0")]
    public void Locks_are_counted_and_go_through_a_batch(string kernel, string lines, string answers)
    {
        var workload = CaseParser.Parse($"kernel any\narch any\nswap zram\nP0 map a\nP0 write a 1\nP0 pageout a\n{lines}\n", "test").Workload;
        var program = LabProgram.Of(workload, ModelGuest.Machine(kernel));
        var forecast = new Forecast(ModelGuest.Machine(kernel), program.Workload);
        string[] all = ["ok s=- u=0", "ok s=X k=- n=1/0 u=0", "ok s=S u=1", .. answers.Split('|')];
        for (var i = 0; i < all.Length; i++) Assert.True(forecast.Advance(program.Operations[i], Answer.Parse(all[i])).Agrees, $"{program.Operations[i]}: {all[i]}");
    }

    [Theory]
    [InlineData(Unfixed610, true, Lane.Small, true)]
    [InlineData(Unfixed610, true, Lane.Large, false)]
    [InlineData(Unfixed610, false, Lane.Small, true)]
    [InlineData(Unfixed610, false, Lane.Large, false)]
    [InlineData(Unfixed, true, Lane.Small, false)]
    [InlineData(Unfixed, false, Lane.Small, true)]
    [InlineData(Unfixed, false, Lane.Large, false)]
    public void A_kernel_that_loses_tags_is_told_from_the_fixed_one_where_it_loses_them(string kernel, bool zram, int slots, bool differs)
    {
        var machine = ModelGuest.Machine(Fixed);
        var different = Programs(new Lane(zram, slots)).Count(p => !Comparison.Of(machine, p.Program, ModelGuest.Answers(kernel, p.Program, p.Choices)).Agrees);
        Assert.Equal(differs, different > 0);
    }

    [Theory]
    [InlineData("ok data", 3)]
    [InlineData("ok tags", 5)]
    [InlineData("state", 4)]
    [InlineData("kind", 2)]
    [InlineData("frame", 2)]
    [InlineData("flags", 2)]
    [InlineData("faults", 1)]
    [InlineData("major", 5)]
    [InlineData("slots", 4)]
    public void A_kernel_that_answers_otherwise_is_noticed(string what, int at)
    {
        var workload = CaseParser.Parse("kernel any\narch any\nswap zram\nP0 map a tagged\nP0 tag a 3\nP0 write a 5\nP0 read a\nP0 pageout a\nP0 readtag a\n", "test").Workload;
        var program = LabProgram.Of(workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]));
        Assert.True(Comparison.Of(ModelGuest.Machine(Fixed), program, answers).Agrees);
        answers[at] = what switch
        {
            "ok data" => answers[at] with { Value = 4 },
            "ok tags" => answers[at] with { Tags = "3334" },
            "state" => answers[at] with { State = 'X' },
            "frame" => answers[at] with { Frame = Looks.Another },
            "flags" => answers[at] with { Flags = "-" },
            "faults" => answers[at] with { Faults = "0/0" },
            "major" => answers[at] with { Faults = "1/0" },
            "slots" => answers[at] with { Used = 2 },
            _ => answers[at] with { Kind = AnswerKind.NotApplicable },
        };
        Assert.Equal(at, Comparison.Of(ModelGuest.Machine(Fixed), program, answers).FirstDifference);
    }

    [Fact]
    public void A_lost_uffd_wp_bit_is_noticed_where_the_kernel_has_one()
    {
        var workload = CaseParser.Parse("kernel any\narch any\nswap zram\nP0 map a\nP0 write a 5\nP0 uffdwp a\nP0 pageout a\nP0 read a\nP0 write a 6\n", "test").Workload;
        Assert.DoesNotContain(LabProgram.Of(workload, ModelGuest.Machine(Fixed)).Operations, op => op.Verb == Verb.UffdWp);
        var machine = ModelGuest.Machine("debian-6.12.117");
        var program = LabProgram.Of(workload, machine);
        var answers = ModelGuest.Answers("debian-6.12.117", program, new Choices([]));
        Assert.Equal(["ok -", "ok X", "ok X uffd-wp", "ok S uffd-wp", "ok data=5 X uffd-wp", "sig X uffd-wp"], answers.Take(program.Given).Select(a => a.WithoutMore().ToString()));
        Assert.True(Comparison.Of(machine, program, answers).Agrees);
        answers[4] = answers[4] with { WriteProtected = false };
        Assert.Equal(4, Comparison.Of(machine, program, answers).FirstDifference);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void The_last_free_slot_of_a_small_area_may_be_missed_and_no_other(int slots, bool allowed)
    {
        var text = $"kernel any\narch any\nswap zram slots={slots}\nP0 map a\nP0 map b\nP0 write a 1\nP0 write b 1\n";
        if (slots > 1) text += "P0 pageout a\n";
        var program = LabProgram.Of(CaseParser.Parse(text + "P0 pageout b\n", "test").Workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]));
        answers[program.Given - 1] = new Answer(AnswerKind.Ok, State: 'X', Used: slots > 1 ? 1 : 0);
        Assert.Equal(allowed, Comparison.Of(ModelGuest.Machine(Fixed), program, answers[..program.Given]).Agrees);
        if (allowed) Assert.False(Comparison.Of(ModelGuest.Machine("debian-6.12.117"), program, answers[..program.Given]).Agrees);
    }

    [Fact]
    public void Where_one_area_misses_its_slot_the_next_has_one()
    {
        const string Text = "kernel any\narch any\nswap zram slots=1\nswap disk\nP0 map a\nP0 write a 1\nP0 pageout a cached\n";
        var program = LabProgram.Of(CaseParser.Parse(Text, "test").Workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]));
        Assert.Equal('S', answers[2].State);
        answers[2] = answers[2] with { State = 'C' };
        Assert.True(Comparison.Of(ModelGuest.Machine(Fixed), program, answers[..program.Given]).Agrees);
    }

    [Theory]
    [InlineData("SX../..../..../....", true)]
    [InlineData("SS../..../..../....", true)]
    [InlineData("SC../..../..../....", false)]
    [InlineData("S-../..../..../....", false)]
    [InlineData("S.../..../..../....", false)]
    public void What_memory_pressure_does_to_other_pages_must_be_possible_too(string all, bool allowed)
    {
        var program = LabProgram.Of(CaseParser.Parse("kernel any\narch any\nswap zram\nP0 map a\nP0 map b\nP0 write a 1\nP0 write b 1\nP0 reclaim a\n", "test").Workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]))[..program.Given];
        answers[^1] = answers[^1] with { State = 'S', All = all, Used = all.Count(s => s is 'S' or 'C') };
        Assert.Equal(allowed, Comparison.Of(ModelGuest.Machine(Fixed), program, answers).Agrees);
    }

    [Fact]
    public void Whether_a_page_was_copied_is_seen_from_its_frame()
    {
        // The child has the parent's page until it writes; the parent's stays where it is, and is the parent's alone again.
        var program = LabProgram.Of(CaseParser.Parse("kernel any\narch any\nswap zram\nP0 map a\nP0 write a 1\nP0 fork P1\nP1 write a 2\nP0 write a 3\n", "test").Workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]));
        Assert.Equal(["ok - slots=0", "ok X flags=- faults=1/0 slots=0", "ok slots=0", "ok X frame! flags=- faults=1/0 slots=0", "ok X frame= flags=- faults=1/0 slots=0"], answers.Take(program.Given).Select(a => a.ToString()));
        foreach (var at in new[] { 3, 4 })
        {
            var other = answers.ToList();
            other[at] = other[at] with { Frame = other[at].Frame == Looks.Same ? Looks.Another : Looks.Same };
            Assert.Equal(at, Comparison.Of(ModelGuest.Machine(Fixed), program, other).FirstDifference);
        }
    }

    [Fact]
    public void A_frame_that_was_free_meanwhile_may_be_the_same_or_another()
    {
        var program = LabProgram.Of(CaseParser.Parse("kernel any\narch any\nswap zram\nP0 map a\nP0 write a 1\nP0 pageout a\nP0 read a\n", "test").Workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]));
        foreach (var frame in new[] { Looks.Same, Looks.Another })
        {
            answers[3] = answers[3] with { Frame = frame };
            Assert.True(Comparison.Of(ModelGuest.Machine(Fixed), program, answers).Agrees);
        }
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("P0 pin a write\n", true)]
    [InlineData("P0 mlock a\n", true)]
    public void A_page_that_memory_pressure_can_take_must_have_gone(string before, bool mayStay)
    {
        var program = LabProgram.Of(CaseParser.Parse($"kernel any\narch any\nswap zram\nP0 map a\nP0 write a 1\n{before}P0 reclaim a\n", "test").Workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]))[..program.Given];
        answers[^1] = answers[^1] with { State = 'X', All = "X.../..../..../....", Used = 0 };
        Assert.Equal(mayStay, Comparison.Of(ModelGuest.Machine(Fixed), program, answers).Agrees);
    }

    [Fact]
    public void How_many_answers_memory_pressure_may_have_is_counted_before_the_kernel_has_answered()
    {
        var program = LabProgram.Of(CaseParser.Parse("kernel any\narch any\nswap zram\nP0 map a\nP0 map b\nP0 map c\nP0 write a 1\nP0 write b 1\nP0 write c 1\nP0 reclaim a\n", "test").Workload, ModelGuest.Machine(Fixed));
        var comparison = Comparison.Of(ModelGuest.Machine(Fixed), program, ModelGuest.Answers(Fixed, program, new Choices([])));

        // a goes; b and c go or stay.
        Assert.Equal(4, comparison.Operations[program.Given - 1].Model.Count);
        Assert.Single(comparison.Operations[program.Given - 1].Model.Allowed);
    }

    [Theory]
    [InlineData("ok .S../..../..../....", 2, true)]
    [InlineData("ok .S../..../..../....", 1, true)]
    [InlineData("ok .S../..../..../....", 0, false)]
    public void A_page_that_was_being_written_when_it_was_unmapped_keeps_its_slot_until_memory_is_short(string all, int used, bool allowed)
    {
        const string Text = "kernel any\narch any\nswap disk\nP0 map a\nP0 map b\nP0 write a 1\nP0 write b 1\nP0 pageout a writeback\nP0 unmap a\nP0 reclaim b\n";
        var program = LabProgram.Of(CaseParser.Parse(Text, "test").Workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]))[..program.Given];
        answers[^3] = answers[^3] with { State = 'C', Used = 1 };
        answers[^2] = answers[^2] with { Used = 1 };
        answers[^1] = answers[^1] with { State = 'S', All = all[3..], Used = used };
        Assert.Equal(allowed, Comparison.Of(ModelGuest.Machine(Fixed), program, answers).Agrees);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(3, true)]
    [InlineData(65, false)]
    [InlineData(-1, false)]
    public void A_slot_cache_takes_up_to_64_slots_at_once(int more, bool allowed)
    {
        var program = LabProgram.Of(CaseParser.Parse("kernel any\narch any\nswap zram slots=8191\nP0 map a\nP0 map b\nP0 write a 1\nP0 write b 1\nP0 pageout a\nP0 pageout b\n", "test").Workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]))[..program.Given];
        for (var i = 0; i < 4; i++) answers[i] = answers[i] with { Used = 10 };
        answers[4] = answers[4] with { Used = 20 };
        answers[5] = answers[5] with { Used = 20 + more };
        Assert.Equal(allowed, Comparison.Of(ModelGuest.Machine(Fixed), program, answers).Agrees);
    }

    [Fact]
    public void A_failed_tag_check_that_the_model_does_not_expect_is_a_difference_and_a_loss()
    {
        var program = LabProgram.Of(CaseParser.Parse("kernel any\narch any\nswap zram\nP0 map a tagged\nP0 tag a 3\nP0 pageout a\nP0 read a\n", "test").Workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]));
        answers[3] = answers[3] with { Mismatch = "1111" };
        var comparison = Comparison.Of(ModelGuest.Machine(Fixed), program, answers);
        Assert.Equal(3, comparison.FirstDifference);
        Assert.True(comparison.TagsLost);
        Assert.False(comparison.DataLost);
    }

    [Fact]
    public void A_model_with_the_bug_agrees_that_the_tags_are_lost()
    {
        var program = LabProgram.Of(CaseParser.Parse("kernel any\narch any\nswap zram\nP0 map a tagged\nP0 tag a 3\nP0 pageout a\nP0 read a\n", "test").Workload, ModelGuest.Machine(Fixed));
        var comparison = Comparison.Of(ModelGuest.Machine(Unfixed610), program, ModelGuest.Answers(Unfixed610, program, new Choices([])));
        Assert.True(comparison.Agrees);
        Assert.True(comparison.TagsLost);
        Assert.True(comparison.Swapped);
    }

    [Fact]
    public void On_zram_hardly_more_than_one_answer_is_allowed_and_on_a_disk_not_many()
    {
        foreach (var (lane, most) in new[] { (new Lane(true, Lane.Small), 1.04), (new Lane(false, Lane.Small), 1.3) })
        {
            long allowed = 0, operations = 0;
            foreach (var (program, choices) in Programs(lane))
            {
                var comparison = Comparison.Of(ModelGuest.Machine(Fixed), program, ModelGuest.Answers(Fixed, program, choices));
                allowed += comparison.Allowed;
                operations += comparison.Operations.Length;
            }

            Assert.InRange((double)allowed / operations, 1.0, most);
        }
    }

    [Fact]
    public void A_run_that_never_swaps_says_nothing()
    {
        var program = LabProgram.Of(CaseParser.Parse("kernel any\narch any\nswap zram\nP0 map a tagged\nP0 tag a 3\n", "test").Workload, ModelGuest.Machine(Fixed));
        Assert.False(Comparison.Of(ModelGuest.Machine(Fixed), program, ModelGuest.Answers(Fixed, program, new Choices([]))).Swapped);
    }

    private static IEnumerable<(LabProgram Program, Choices Choices)> Programs(Lane lane, string kernel = Fixed)
    {
        var machine = ModelGuest.Machine(kernel);
        for (var i = 0; i < Workloads; i++)
        {
            yield return (LabProgram.Of(LabCampaign.Draw(new Choices(Choices.SeedOf(11, i)), lane), machine), new Choices(Choices.SeedOf(12, i)));
        }
    }

    private static string Shown(Comparison comparison) =>
        string.Join('\n', comparison.Operations.Select(o => $"{(o.Model.Agrees ? " " : "!")} {o.Op}: {o.Kernel} | {string.Join(" or ", o.Model.Allowed)}"));
}
