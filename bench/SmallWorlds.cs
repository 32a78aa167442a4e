using System.Globalization;
using System.Runtime.CompilerServices;
using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search;
using Hooks.Core.Workloads;

namespace Hooks.Bench;

/// <summary>How many worlds there are: distinct ones reached by so many operations, as they are and in canonical form; and how large they are.</summary>
internal static class SmallWorlds
{
    private const int MostWorlds = 400_000;

    public static void Print()
    {
        Console.WriteLine($"a world: {Unsafe.SizeOf<World>()} bytes; its machine {Unsafe.SizeOf<MachineState>()}, a task {Unsafe.SizeOf<KTask>()} of {Capacity.Tasks}");
        Verb[] four = [Verb.Map, Verb.Write, Verb.Pageout, Verb.Read];
        Verb[] mixed = [Verb.Map, Verb.Write, Verb.Read, Verb.Tag, Verb.Fork, Verb.Exit, Verb.Unmap, Verb.Pageout, Verb.Reclaim, Verb.Mremap, Verb.Pin, Verb.Unpin];
        Print("one process, two pages, map write pageout read, zram, none", "v6.8", new NoArchitecture(), four, processes: 1, depth: 10);
        Print("two processes, two pages, twelve verbs, zram, arm64", "v6.8", new Arm64Architecture(), mixed, processes: 2, depth: 10);
    }

    private static void Print(string title, string kernel, IArchitecture arch, Verb[] verbs, int processes, int depth)
    {
        Console.WriteLine();
        Console.WriteLine(title);
        Console.WriteLine("| depth | worlds | in canonical form | bytes of a form, mean |");
        Console.WriteLine("|---|---|---|---|");
        var machine = new Machine(KernelCatalogue.Get(kernel), arch);
        var swaps = new Workload([new SwapConfig(true, 64)], []);
        var scope = new SearchScope(processes, 2, 28);
        machine.Begin(swaps, out var first);
        var all = Explore(machine, first, verbs, processes, depth, w => w.Hash());
        long bytes = 0, forms = 0;
        var canonical = Explore(machine, first, verbs, processes, depth, w =>
        {
            Span<byte> form = stackalloc byte[Canonical.MostBytes];
            bytes += Canonical.Write(in w, scope, form);
            forms++;
            return Canonical.Hash(in w, scope);
        });
        for (var d = 1; d <= depth; d++)
        {
            Console.WriteLine($"| {d} | {Text(all, d)} | {Text(canonical, d)} | {(d == depth ? (bytes / forms).ToString(CultureInfo.InvariantCulture) : "")} |");
        }
    }

    private static string Text(List<int> counts, int depth) =>
        depth < counts.Count ? counts[depth].ToString("N0", CultureInfo.InvariantCulture) : counts[^1] >= MostWorlds ? "–" : "closed";

    /// <summary>Worlds between operations, breadth first: how many were known after each depth.</summary>
    private static List<int> Explore(Machine machine, World first, Verb[] verbs, int processes, int depth, Func<World, UInt128> name)
    {
        var known = new HashSet<UInt128> { name(first) };
        var counts = new List<int> { 1 };
        var level = new List<World> { first };
        for (var d = 1; d <= depth && level.Count > 0 && known.Count < MostWorlds; d++)
        {
            var next = new List<World>();
            foreach (var world in level)
            {
                foreach (var op in Operations(verbs, processes))
                {
                    var after = world;
                    machine.Apply(ref after, op);
                    if (known.Add(name(after))) next.Add(after);
                    if (known.Count >= MostWorlds) break;
                }

                if (known.Count >= MostWorlds) break;
            }

            if (next.Count > 0) counts.Add(known.Count);
            level = next;
        }

        return counts;
    }

    private static IEnumerable<Operation> Operations(Verb[] verbs, int processes)
    {
        for (byte m = 0; m < processes; m++)
        {
            foreach (var verb in verbs)
            {
                for (byte p = 0; p < 2; p++)
                {
                    yield return new Operation(new MmId(m), verb, new Vpn(p), 1, Child: new MmId((byte)(1 - m)), To: new Vpn((byte)(1 - p)));
                    if (verb is Verb.Fork or Verb.Exit) break;
                }
            }
        }
    }
}
