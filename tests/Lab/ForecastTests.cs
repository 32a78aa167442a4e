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
        Assert.Equal(["ok -", "ok X", "ok X uffd-wp", "ok S uffd-wp", "ok data=5 X uffd-wp", "sig X uffd-wp"], answers.Take(program.Given).Select(a => a.ToString()));
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
        answers[program.Given - 1] = answers[program.Given - 1] with { State = 'X' };
        Assert.Equal(allowed, Comparison.Of(ModelGuest.Machine(Fixed), program, answers).Agrees);
    }

    [Fact]
    public void Where_one_area_misses_its_slot_the_next_has_one()
    {
        const string Text = "kernel any\narch any\nswap zram slots=1\nswap disk\nP0 map a\nP0 write a 1\nP0 pageout a cached\n";
        var program = LabProgram.Of(CaseParser.Parse(Text, "test").Workload, ModelGuest.Machine(Fixed));
        var answers = ModelGuest.Answers(Fixed, program, new Choices([]));
        Assert.Equal('S', answers[2].State);
        answers[2] = answers[2] with { State = 'C' };
        Assert.True(Comparison.Of(ModelGuest.Machine(Fixed), program, answers).Agrees);
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
        answers[^1] = answers[^1] with { State = 'S', All = all };
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
    public void On_zram_one_answer_is_allowed_and_on_a_disk_not_many()
    {
        foreach (var (lane, most) in new[] { (new Lane(true, Lane.Small), 1.0), (new Lane(false, Lane.Small), 1.2) })
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
            var drawn = Generator.Draw(new Choices(Choices.SeedOf(11, i))).Operations;
            yield return (LabProgram.Of(new Workload([lane.Swap], drawn), machine), new Choices(Choices.SeedOf(12, i)));
        }
    }

    private static string Shown(Comparison comparison) =>
        string.Join('\n', comparison.Operations.Select(o => $"{(o.Model.Agrees ? " " : "!")} {o.Op}: {o.Kernel} | {string.Join(" or ", o.Model.Allowed)}"));
}
