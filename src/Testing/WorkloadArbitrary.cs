using FsCheck;
using FsCheck.Fluent;
using Hooks.Core.Workloads;

namespace Hooks.Testing;

/// <summary>
/// Workloads for FsCheck: <c>[Property(Arbitrary = [typeof(WorkloadArbitrary)])]</c>. FsCheck draws a seed and a size, the
/// project's own generator builds the workload, and its own shrinker, whose candidates are strictly simpler, shrinks it
/// (FsCheck's runner takes any candidate that fails, so candidates that are not simpler would not end).
/// </summary>
public static class WorkloadArbitrary
{
    private const int MinOperations = 4;

    /// <summary>Workloads of 4 to <see cref="Generator.MaxOperations"/> operations, growing with FsCheck's size.</summary>
    public static Arbitrary<Workload> Workload() =>
        Arb.From(
            from size in Gen.Sized(Gen.Constant)
            from high in Gen.Choose(0, int.MaxValue)
            from low in Gen.Choose(0, int.MaxValue)
            select Draw(((ulong)high << 32) | (uint)low, size),
            Shrinker.Candidates);

    private static Workload Draw(ulong seed, int size)
    {
        const int FullSize = 100;
        var grown = Math.Min(size, FullSize) * (Generator.MaxOperations - MinOperations) / FullSize;
        return Generator.Draw(new Choices(seed), MinOperations + grown);
    }
}
