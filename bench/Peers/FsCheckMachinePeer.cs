using FsCheck;
using FsCheck.Experimental;
using FsCheck.Fluent;
using Hooks.Core.Workloads;

namespace Hooks.Bench.Peers;

/// <summary>
/// FsCheck's state machines (experimental), with their own shrinking. They take one operation after the other and look after each, so the program so
/// far is run again each time: the project's machine has no way to go on.
/// </summary>
internal sealed class FsCheckMachinePeer : IPeer
{
    /// <inheritdoc/>
    public string Name => "FsCheck Machine";

    /// <inheritdoc/>
    public void Search(Target target, ulong seed, int budget) => Check.One(FsCheckPeer.Configure(seed, budget), new Programs(target).ToProperty());

    /// <summary>The program so far.</summary>
    private sealed class Program
    {
        public required SwapConfig Swap { get; init; }

        public List<Operation> Operations { get; } = [];
    }

    private sealed class Programs(Target target) : Machine<Program, int>(Vocabulary.MaxOperations)
    {
        public override Arbitrary<Setup<Program, int>> Setup => Arb.From(FsCheckPeer.Swaps.Select(Setup<Program, int> (swap) => new Start(target, swap)));

        public override Gen<Operation<Program, int>> Next(int model) => FsCheckPeer.Operations.Select(Operation<Program, int> (op) => new Take(target, op));
    }

    private sealed class Start(Target target, SwapConfig swap) : Setup<Program, int>
    {
        public override Program Actual()
        {
            target.Begin();
            return new Program { Swap = swap };
        }

        public override int Model() => 0;
    }

    private sealed class Take(Target target, Operation operation) : Operation<Program, int>
    {
        public override Property Check(Program actual, int model)
        {
            actual.Operations.Add(operation);
            return (!target.FailsSoFar(Vocabulary.Workload(actual.Swap, actual.Operations))).ToProperty();
        }

        public override int Run(int model) => model + 1;
    }
}
