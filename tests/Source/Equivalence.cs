using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Source;

/// <summary>Runs the same workloads on two kernels, and compares what comes of it: each operation's result, the machine after it, and every verdict.</summary>
internal static class Equivalence
{
    /// <summary>Fails with the first difference on any architecture.</summary>
    public static void Holds(Kernel a, Kernel b, int workloads, ulong seed = 7)
    {
        foreach (var arch in Trees.Architectures)
        {
            var difference = Difference(a, b, arch, workloads, seed);
            Assert.True(difference is null, difference);
        }
    }

    /// <summary>The first difference; null if there is none.</summary>
    public static string? Difference(Kernel a, Kernel b, IArchitecture arch, int workloads, ulong seed) =>
        Difference(new Machine(a, arch), new Machine(b, arch), workloads, seed, static (ref _) => { }, InvariantSet.None);

    /// <summary>The first difference; null if there is none.</summary>
    /// <param name="first">One machine.</param>
    /// <param name="second">The other.</param>
    /// <param name="workloads">How many.</param>
    /// <param name="seed">Where they come from.</param>
    /// <param name="plain">Takes away from a state what is not to be compared.</param>
    /// <param name="beside">Invariants whose verdicts are not.</param>
    public static string? Difference(Machine first, Machine second, int workloads, ulong seed, Plain plain, InvariantSet beside)
    {
        var (left, right) = (new Log(first, plain), new Log(second, plain));
        var choices = new Choices(0);
        for (var i = 0; i < workloads; i++)
        {
            choices.Reset(Choices.SeedOf(seed, i));
            var workload = Generator.Draw(choices);
            left.Ends.Clear();
            right.Ends.Clear();
            var broken = first.Run(workload, first.Checked, stopAtFirst: false, left);
            var too = second.Run(workload, second.Checked, stopAtFirst: false, right);
            if (broken.Except(beside) == too.Except(beside) && left.Ends.SequenceEqual(right.Ends)) continue;
            var at = left.Ends.Zip(right.Ends).TakeWhile(p => p.First == p.Second).Count();
            return $"{first.Kernel.Name} and {second.Kernel.Name}, {first.Architecture.Description} and {second.Architecture.Description}, workload {i}: operation {at}, {broken} and {too}\n{workload}";
        }

        return null;
    }

    /// <summary>Takes away from a state what is not to be compared.</summary>
    public delegate void Plain(ref MachineState state);

    private sealed class Log(Machine machine, Plain plain) : IStepObserver
    {
        public List<(UInt128 State, OpResult Result)> Ends { get; } = [];

        public void OnOperation(int index, Operation op)
        {
        }

        public void OnStep(in StepPlace place, in World before, in World after)
        {
        }

        public void OnBlocked(in StepPlace place, Waiting waiting, TaskId? holder)
        {
        }

        public void OnViolation(in Violation violation)
        {
        }

        public void OnOperationEnded(int index, Operation op, OpResult result)
        {
            var state = machine.State;
            plain(ref state);
            Ends.Add((state.Hash(), result));
        }
    }
}
