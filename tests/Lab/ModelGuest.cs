using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Hooks.Lab;

namespace Hooks.LabTests;

/// <summary>The model in a real kernel's place: what the agent would answer, had the environment gone the way that the choices say.</summary>
internal static class ModelGuest
{
    public static Machine Machine(string kernel) => new(KernelCatalogue.Get(kernel), new Arm64Architecture());

    public static List<Answer> Answers(string kernel, LabProgram program, Choices choices)
    {
        var machine = Machine(kernel);
        machine.Begin(program.Workload, out var world);
        var answers = new List<Answer>();
        foreach (var op in program.Operations)
        {
            var result = Apply(machine, ref world, op, choices);
            var answer = Prediction.Of(in world, op, result);
            answers.Add(Read(answer));
        }

        return answers;
    }

    private static OpResult Apply(Machine machine, ref World world, Operation op, Choices choices)
    {
        var ended = (SwapOutEnd)choices.Next(3);
        if (op.Verb != Verb.Reclaim || !world.State.Mm(op.Mm).IsRunning) return machine.Apply(ref world, op with { End = ended });

        // Memory pressure takes what it likes, in the order of its choice.
        for (var tries = choices.Next(4); tries >= 0; tries--)
        {
            var some = tries == 0 ? op with { End = ended } : new Operation(new MmId((byte)choices.Next(Capacity.Mms)), Verb.Reclaim, new Vpn((byte)choices.Next(Capacity.Pages)));
            machine.Apply(ref world, some);
        }

        return OpResult.Applied;
    }

    /// <summary>As it comes through the port: where nothing is known of the memory, something is there all the same.</summary>
    private static Answer Read(Answer answer) => answer with
    {
        Tags = answer.Tags?.Replace('f', '9'),
        Mismatch = answer.Mismatch is { } m && m.Contains('?', StringComparison.Ordinal) ? m.Replace('?', '1') : answer.Mismatch,
    };
}
