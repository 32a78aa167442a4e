using CsCheck;
using Hooks.Core.Workloads;

namespace Hooks.Bench.Peers;

/// <summary>CsCheck: shrinks by drawing again, and running only what is smaller than the smallest failure so far. One thread, like the others.</summary>
/// <param name="more">How many workloads it goes on to draw after the budget a bug may take, for shrinking.</param>
internal sealed class CsCheckPeer(int more) : IPeer
{
    private static readonly Gen<Operation> Operations = Gen.Select(
        Gen.Frequency([.. Vocabulary.Verbs.Select(v => (v.Weight, (IGen<Verb>)Gen.Const(v.Verb)))]),
        Gen.Int[0, Vocabulary.Processes - 1],
        Gen.Int[0, Vocabulary.Pages - 1],
        Gen.Int[0, Vocabulary.Details - 1],
        Vocabulary.Operation);

    private static readonly Gen<Workload> Workloads = Gen.Select(
        Gen.Int[0, 23],
        Gen.Int[0, Vocabulary.Slots.Length - 1],
        Operations.Array[0, Vocabulary.MaxOperations],
        (kind, slots, operations) => Vocabulary.Workload(Vocabulary.Swap(kind, Vocabulary.Slots[slots]), operations));

    /// <inheritdoc/>
    public string Name => "CsCheck";

    /// <inheritdoc/>
    public void Search(Target target, ulong seed, int budget)
    {
        // Its seeds are texts of eleven letters and digits; the first stands for the stream.
        var text = new PCG((uint)seed, seed).ToString();
        try
        {
            Check.Sample(Workloads, w => !target.Fails(w), seed: text, iter: Math.Max(budget, more), threads: 1);
        }
        catch (CsCheckException)
        {
            // It reports what it found in an exception; the target knows.
        }
    }
}
