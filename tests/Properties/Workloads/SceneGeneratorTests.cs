using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Workloads;

public class SceneGeneratorTests
{
    private const int Many = 3000;

    private static readonly Scene[] Scenes = [.. Enumerable.Range(0, Many).Select(i => SceneGenerator.Draw(new Choices(Choices.SeedOf(3, i))))];

    [Fact]
    public void Nothing_is_drawn_twice_differently()
    {
        for (var i = 0; i < 100; i++)
        {
            var again = SceneGenerator.Draw(new Choices(Choices.SeedOf(3, i)));
            Assert.Equal(Scenes[i].Before.ToString(), again.Before.ToString());
            Assert.Equal(Scenes[i].Together.AsEnumerable(), again.Together);
        }
    }

    [Fact]
    public void Two_or_three_tasks_of_few_operations_each_and_none_is_left_standing()
    {
        Assert.All(Scenes, s => Assert.InRange(s.Together.Length, 0, 6));
        Assert.All(Scenes, s => Assert.DoesNotContain(s.Before.Operations.Concat(s.Together), op => op.Until is not null || op.Verb == Verb.Go));
        Assert.All(Scenes, s => Assert.All(s.Together.Where(op => op.Actor == Actor.Kswapd), op => Assert.Equal(Verb.Reclaim, op.Verb)));
        Assert.InRange(Scenes.Count(s => s.Together.Select(op => op.Task).Distinct().Count() >= 2), Many * 9 / 10, Many);
        Assert.Contains(Scenes, s => s.Together.Select(op => op.Task).Distinct().Count() == 3);
        Assert.Contains(Scenes, s => s.Together.Any(op => op.Mm.Value == 1) && s.Together.Any(op => op.Mm.Value == 0));
    }

    [Fact]
    public void Every_kind_of_operation_meets_others()
    {
        foreach (var verb in Generator.Verbs) Assert.True(Scenes.Count(s => s.Together.Any(op => op.Verb == verb)) > Many / 200, verb.ToString());
    }

    [Fact]
    public void All_orders_of_a_scene_are_few()
    {
        var kernel = KernelCatalogue.Get("v6.11");
        var run = new ScheduledRun(kernel, new NoArchitecture());
        foreach (var scene in Scenes.Take(300))
        {
            new Core.Machine(kernel, new NoArchitecture()).RunUnfinished(scene.Before, out var start);
            var programs = new FixedPrograms(scene.Before, in start, scene.Together);
            var orders = new PreemptionBounded(0);
            var count = 0;
            for (; orders.Begin(); count++) run.Run(programs, orders);
            Assert.InRange(count, 1, 100);
        }
    }
}
