using System.Globalization;
using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Bench;

/// <summary>What small scopes say of the kernels of the catalogue, taken whole: docs/proofs.md.</summary>
internal static class Proofs
{
    /// <summary>More than anything has been seen to take.</summary>
    private const int MostOperations = 24;

    private const long Memory = 8L << 30;

    /// <summary>Prints the page.</summary>
    /// <param name="first">The first scope is taken as large as it gets with at most so many states: the one that the races of do_swap_page() are found in.</param>
    /// <param name="others">So many for each of the others.</param>
    public static void Print(int first, int others)
    {
        IArchitecture[] archs = [new NoArchitecture(), new Arm64Architecture()];
        Kernel[] kernels = [.. KernelCatalogue.All.Where(k => k.Version >= new KernelVersion(6, 5) || k.Name == "debian-6.1.192")];
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"""
            # Proofs of the present

                dotnet run -c Release --project bench -- proofs {first} {others} > docs/proofs.md

            Scopes taken whole, whoever moves when: all programs of these operations, as many as can be had with at most {first:N0} canonical states in the first scope and {others:N0} in each of the others. `2: 1,234` is two operations (all together) and 1,234 states without a violation; what is
            broken stands behind it, with the number of operations that it takes (what breaks an invariant is not gone on from). **any**: no state takes as many operations to come to as there may be, so more of them lead nowhere else, and it
            holds for programs of any length. One page. A statement about [the model](fidelity.md), and about scopes of this size.


            """));
        foreach (var world in SmallWorld.All)
        {
            Console.Write($"## {char.ToUpperInvariant(world.Name[0])}{world.Name[1..]}\nFirst `{string.Join("; ", world.Before)}` (where there are tags, `map a tagged`); then `{string.Join(' ', world.Tasks)}`: `{string.Join(' ', world.Verbs.Select(CaseText.Word))}`, and with tags `tag`.\n\n| kernel | {string.Join(" | ", archs.Select(a => a.Name))} |\n|---|{string.Concat(archs.Select(_ => "---|"))}\n");
            foreach (var kernel in kernels) Console.Write($"| {kernel.Name} | {string.Join(" | ", archs.Select(a => Cell(kernel, a, world, world == SmallWorld.All[0] ? first : others)))} |\n");
            Console.Write("\n");
        }
    }

    /// <summary>As many operations as can be had. A search that may begin one more has states of those, too, before it is through with the ones before: so those are searched by themselves, in the end.</summary>
    private static string Cell(Kernel kernel, IArchitecture arch, SmallWorld world, int most)
    {
        var search = Search(kernel, arch, world, MostOperations, most);
        var (whole, states, broken) = (search.Done, search.StatesWithin(search.Done), search.Broken.Where(b => b.Operations <= search.Done).ToList());
        while (!search.IsClosed && Search(kernel, arch, world, whole + 1, most) is { } larger && larger.Done == whole + 1) (whole, states, broken) = (larger.Done, larger.Progress.States, [.. larger.Broken]);
        return string.Create(CultureInfo.InvariantCulture, $"{(search.IsClosed ? "**any**" : whole)}: {states:N0}") + string.Concat(broken.Select(b => $"; **{InvariantCatalogue.Of(b.Invariant).Name}** at {b.Operations}"));
    }

    private static Exploration Search(Kernel kernel, IArchitecture arch, SmallWorld world, int operations, int most)
    {
        var search = new Exploration(kernel, arch, world.Programs(kernel, arch, operations), InvariantCatalogue.Everything, new ExploreOptions { Jobs = Environment.ProcessorCount, Memory = Memory });
        using var enough = new CancellationTokenSource();
        search.Run(
            at =>
            {
                if (at.States > most) enough.Cancel();
            },
            enough.Token);
        return search;
    }
}
