using Hooks.Core.Workloads;

namespace Hooks.Bench.Peers;

/// <summary>The project's own generator and shrinker.</summary>
internal sealed class HooksPeer : IPeer
{
    /// <inheritdoc/>
    public string Name => "Hooks";

    /// <inheritdoc/>
    public void Search(Target target, ulong seed, int budget)
    {
        var choices = new Choices(0UL);
        for (var i = 0; i < budget; i++)
        {
            choices.Reset(Choices.SeedOf(seed, i));
            var workload = Generator.Draw(choices);
            if (!target.Fails(workload)) continue;
            Shrinker.Shrink(workload, target.Fails, out _);
            return;
        }
    }
}
