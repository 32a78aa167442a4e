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
        var machine = program.IsLarge ? Machine(kernel).WithClusters : Machine(kernel);
        machine.Begin(program.Workload, out var world);
        var answers = new List<Answer>();
        var looks = default(Looks);
        var found = BitSet<PageAt>.Empty;
        foreach (var op in program.Operations)
        {
            var result = Apply(machine, ref world, op, choices, ref looks, out var faults);
            var frame = looks.See(in world.State, op, result == OpResult.Applied);
            var answer = Prediction.Of(in world, op, result, new Beside(frame, faults.Minor, faults.Major, Prediction.UsedOf(in world.State), found.Contains(new PageAt(op.Mm, op.Page))));
            if (result == OpResult.Applied) found = FoundTags.After(found, op);
            answers.Add(Read(answer, choices));
        }

        return answers;
    }

    private static OpResult Apply(Machine machine, ref World world, Operation op, Choices choices, ref Looks looks, out (int Minor, int Major) faults)
    {
        faults = default;
        var ended = (SwapOutEnd)choices.Next(3);
        if (op.Verb != Verb.Reclaim || !world.State.Mm(op.Mm).IsRunning)
        {
            var result = machine.Apply(ref world, op with { End = ended });
            looks.Follow(in world.State);
            faults = machine.Faults;
            return result;
        }

        // Memory pressure takes what it likes, in the order of its choice.
        for (var tries = choices.Next(4); tries >= 0; tries--)
        {
            // The page that is meant comes last, and goes if it can.
            var some = tries == 0 ? op with { End = SwapOutEnd.Gone } : new Operation(new MmId((byte)choices.Next(Capacity.Mms)), Verb.Reclaim, new Vpn((byte)choices.Next(Capacity.Pages)));
            machine.Apply(ref world, some);
            looks.Follow(in world.State);
        }

        return OpResult.Applied;
    }

    /// <summary>As it comes through the port: where the model does not know, it is one or the other.</summary>
    private static Answer Read(Answer answer, Choices choices) => answer with
    {
        Frame = answer.Frame != Looks.Either ? answer.Frame : choices.Next(2) == 0 ? Looks.Same : Looks.Another,
        Faults = answer.Faults?.Replace("?", choices.Next(2) == 0 ? "0" : "1", StringComparison.Ordinal),
        Tags = answer.Tags?.Replace('?', (char)('0' + choices.Next(10))),
        Mismatch = answer.Mismatch?.Replace('?', '1'),
    };
}
