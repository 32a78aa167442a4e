using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Traces;
using Xunit;

namespace Hooks.Properties.Traces;

/// <summary>Nothing can change in a world without words for it, but for where the tasks stand.</summary>
public class StateDiffTests
{
    [Theory]
    [InlineData("arm64")]
    [InlineData("sparc")]
    public void Every_bit_of_a_world_that_changes_is_in_the_text_but_for_the_positions_of_tasks(string arch)
    {
        var world = Busiest(arch);
        var silent = new List<string>();
        var positions = Positions();
        for (var i = 0; i < Unsafe.SizeOf<World>(); i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = world;
                MemoryMarshal.AsBytes(new Span<World>(ref changed))[i] ^= (byte)(1 << bit);
                var lines = StateDiff.Between(in world, in changed);
                if (!positions.Contains(i) && (lines.Count == 0 || lines.Any(string.IsNullOrWhiteSpace))) silent.Add($"{Where(i)} bit {bit}");
            }
        }

        Assert.True(silent.Count == 0, string.Join("; ", silent));
    }

    [Fact]
    public void A_world_that_has_not_changed_has_no_text()
    {
        var world = Busiest("arm64");
        Assert.Empty(StateDiff.Between(in world, in world));
    }

    /// <summary>Of some runs the world in which most is under way.</summary>
    private static World Busiest(string arch)
    {
        var run = new Interleaved(KernelCatalogue.Get("v6.11"), Machines.Architectures.Single(a => a.Name == arch));
        var busiest = new World();
        var most = 0;
        for (var i = 0; i < 30; i++)
        {
            run.Run(Interleaved.Program(43, i), seed: (ulong)i, (in before, in after, in report) =>
            {
                var bytes = Unsafe.SizeOf<World>() - MemoryMarshal.AsBytes(new ReadOnlySpan<World>(in after)).Count((byte)0);
                if (bytes <= most) return;
                most = bytes;
                busiest = after;
            });
        }

        return busiest;
    }

    /// <summary>The bytes that say which task it is and where it stands.</summary>
    private static HashSet<int> Positions()
    {
        var world = new World();
        var bytes = new HashSet<int>();
        for (var i = 0; i < Capacity.Tasks; i++)
        {
            ref var task = ref world.Tasks[i];
            Add(ref task.Id);
            Add(ref task.Path);
            Add(ref task.Pc);
            Add(ref task.Depth);
            Add(ref task.Stack);
        }

        return bytes;

        void Add<T>(ref T field)
            where T : unmanaged
        {
            var at = (int)Unsafe.ByteOffset(ref Unsafe.As<World, byte>(ref world), ref Unsafe.As<T, byte>(ref field));
            bytes.UnionWith(Enumerable.Range(at, Unsafe.SizeOf<T>()));
        }
    }

    private static string Where(int at)
    {
        foreach (var (name, size) in new[] { ("state", Unsafe.SizeOf<MachineState>()), ("tasks", Unsafe.SizeOf<TaskTable>()), ("oracle", Unsafe.SizeOf<Core.Invariants.Oracle>()) })
        {
            if (at < size) return name == "tasks" ? $"task {at / Unsafe.SizeOf<KTask>()} byte {at % Unsafe.SizeOf<KTask>()}" : $"{name} byte {at}";
            at -= size;
        }

        return $"ghost byte {at}";
    }
}
