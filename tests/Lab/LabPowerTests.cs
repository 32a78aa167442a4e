using Hooks.Core.Workloads;
using Hooks.Lab;
using Xunit;

namespace Hooks.LabTests;

/// <summary>Recorded answers tell a wrong model from the right one.</summary>
public class LabPowerTests
{
    private const int Workloads = 60;
    private const string Kernel = "debian-6.12.117";

    [Fact]
    public void The_right_model_is_not_caught()
    {
        var judgement = LabPower.Judge(() => ModelGuest.Machine(Kernel), Recordings(Kernel));
        Assert.False(judgement.Caught);
        Assert.Equal(Workloads, judgement.Workloads);
        Assert.Null(judgement.Smallest);
    }

    [Fact]
    public void A_wrong_one_is_and_by_few_operations()
    {
        var judgement = LabPower.Judge(() => ModelGuest.Machine("v5.18"), Recordings(Kernel));
        Assert.InRange(judgement.CaughtBy, 1, Workloads);
        Assert.InRange(judgement.Operations, 2, 8);
        Assert.Equal(judgement.Operations - 1, judgement.Comparison!.FirstDifference);
    }

    [Fact]
    public void What_is_seen_of_frames_flags_faults_and_slots_catches_more()
    {
        var recordings = Recordings(Kernel);
        var (more, less) = (Caught(recordings), Caught([.. recordings.Select(r => r.WithoutMore())]));
        Assert.True(more > less, $"{more} with, {less} without");

        // It maps a page writable as soon as a read brings it back: without frames and faults nobody sees that.
        static int Caught(IReadOnlyList<Recording> recordings) => LabPower.Judge(() => ModelGuest.Machine("debian-6.1.192"), recordings).CaughtBy;
    }

    private static List<Recording> Recordings(string kernel)
    {
        var machine = ModelGuest.Machine(kernel);
        var recordings = new List<Recording>();
        for (var i = 0; i < Workloads; i++)
        {
            var lane = new Lane(Zram: true, Lane.Small);
            var program = LabProgram.Of(new Workload(lane.Swaps, Generator.Draw(new Choices(Choices.SeedOf(21, i))).Operations), machine);
            recordings.Add(new Recording(lane, i, program, ModelGuest.Answers(kernel, program, new Choices(Choices.SeedOf(22, i)))));
        }

        return recordings;
    }
}
