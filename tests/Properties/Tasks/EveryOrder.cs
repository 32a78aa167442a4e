using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Tasks;

/// <summary>Every order in which tasks can take their steps, each of them an operation after the other.</summary>
internal static class EveryOrder
{
    /// <summary>What came of it.</summary>
    /// <param name="Broken">What breaks in some order.</param>
    /// <param name="Worlds">How many worlds there are.</param>
    /// <param name="Deadlocks">In how many of them nobody can move.</param>
    /// <param name="Ends">In how many ways it ends.</param>
    internal readonly record struct Outcome(InvariantSet Broken, int Worlds, int Deadlocks, int Ends)
    {
        /// <summary>Nothing breaks, and everything ends, in some ways at least that differ.</summary>
        public void Good(int ends = 1)
        {
            Assert.Equal(InvariantSet.None, Broken);
            Assert.Equal(0, Deadlocks);
            Assert.True(Ends >= ends, $"it ends in {Ends} ways only");
        }
    }

    /// <summary>Goes through all of them, from a world in which nothing is under way.</summary>
    /// <param name="hand">The world.</param>
    /// <param name="programs">For each task the operations that it does, with a semicolon between them.</param>
    public static Outcome Of(ByHand hand, params string[] programs)
    {
        Operation[][] all = [.. programs.Select(p => Machines.Program("zram", p.Split(';')).Operations.ToArray())];
        var seen = new HashSet<(UInt128 World, ulong Next)>();
        var left = new Stack<(World World, ulong Next)>();
        int deadlocks = 0, ends = 0;
        Add(hand.World, 0);
        while (left.TryPop(out var from))
        {
            int moved = 0, underWay = 0;
            for (var i = 0; i < all.Length; i++)
            {
                hand.World = from.World;
                var task = all[i][0].Task;
                var next = (int)(from.Next >> (8 * i)) & 0xFF;
                if (hand.Of(task).IsUnderWay)
                {
                    underWay++;
                    if (hand.Step(task) == StepOutcome.Blocked) continue;
                    moved++;
                    Add(hand.World, from.Next);
                }
                else if (next < all[i].Length)
                {
                    moved++;
                    Executor.Begin(ref hand.World, task, all[i][next]);
                    Add(hand.World, from.Next + (1UL << (8 * i)));
                }
            }

            if (moved > 0) continue;
            if (underWay > 0) deadlocks++;
            else ends++;
        }

        return new Outcome(hand.Broken, seen.Count, deadlocks, ends);

        void Add(in World world, ulong next)
        {
            if (seen.Add((world.Hash(), next))) left.Push((world, next));
        }
    }
}
