using FsCheck;
using FsCheck.Fluent;
using Hooks.Core.Workloads;
using Microsoft.FSharp.Core;

namespace Hooks.Bench.Peers;

/// <summary>FsCheck: a Gen of swap area and list of operations, shrunk by its own shrinker for lists.</summary>
internal sealed class FsCheckPeer : IPeer
{
    /// <summary>Operations, not shrunk in themselves.</summary>
    public static Gen<Operation> Operations { get; } =
        from verb in Gen.Frequency(Vocabulary.Verbs.Select(v => (v.Weight, Gen.Constant(v.Verb))))
        from process in Gen.Choose(0, Vocabulary.Processes - 1)
        from page in Gen.Choose(0, Vocabulary.Pages - 1)
        from detail in Gen.Choose(0, Vocabulary.Details - 1)
        select Vocabulary.Operation(verb, process, page, detail);

    /// <summary>Swap areas.</summary>
    public static Gen<SwapConfig> Swaps { get; } =
        from kind in Gen.Choose(0, 23)
        from slots in Gen.Elements(Vocabulary.Slots.AsEnumerable())
        select Vocabulary.Swap(kind, slots);

    private static readonly IArbMap Arbitraries = ArbMap.Default.MergeArb(Arb.From(Operations)).MergeArb(Arb.From(Swaps));

    private static readonly Gen<Tuple<SwapConfig, Operation[]>> Workloads =
        from swap in Swaps
        from length in Gen.Choose(0, Vocabulary.MaxOperations)
        from operations in Gen.ArrayOf(Operations, length)
        select Tuple.Create(swap, operations);

    /// <inheritdoc/>
    public string Name => "FsCheck Gen";

    /// <summary>A quiet run of this many tests, with lists of up to <see cref="Vocabulary.MaxOperations"/>.</summary>
    public static Config Configure(ulong seed, int budget) => Config.Quick
        .WithMaxTest(budget)
        .WithStartSize(Vocabulary.MaxOperations)
        .WithEndSize(Vocabulary.MaxOperations)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None)))
        .WithRunner(new Silent());

    /// <inheritdoc/>
    public void Search(Target target, ulong seed, int budget) =>
        Check.One(Configure(seed, budget), Prop.ForAll(Arb.From(Workloads, Arbitraries.ArbFor<Tuple<SwapConfig, Operation[]>>().Shrinker), w => !target.Fails(Vocabulary.Workload(w.Item1, w.Item2))));

    /// <summary>Says nothing.</summary>
    private sealed class Silent : IRunner
    {
        public void OnStartFixture(Type t)
        {
        }

        public void OnArguments(int ntest, Microsoft.FSharp.Collections.FSharpList<object> args, FSharpFunc<int, FSharpFunc<Microsoft.FSharp.Collections.FSharpList<object>, string>> every)
        {
        }

        public void OnShrink(Microsoft.FSharp.Collections.FSharpList<object> args, FSharpFunc<Microsoft.FSharp.Collections.FSharpList<object>, string> everyShrink)
        {
        }

        public void OnFinished(string name, TestResult result)
        {
        }
    }
}
