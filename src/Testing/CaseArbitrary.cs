using FsCheck;
using FsCheck.Fluent;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Testing;

/// <summary>Cases for FsCheck: any workload on any kernel and architecture, with expectations and comments anywhere.</summary>
public static class CaseArbitrary
{
    private static readonly string[] Texts = ["", "# tags lost: swap_free() runs before the restore", "#", "# P0 map a # twice", "#kernel v6.5", "# \u0085 \f \u2028 é"];

    /// <summary>Cases.</summary>
    public static Arbitrary<Case> Case() => Arb.From(
        from workload in WorkloadArbitrary.Workload().Generator
        from kernel in Gen.Elements(KernelCatalogue.All.Select(k => k.Name))
        from arch in Gen.Elements("none", "arm64", "sparc")
        from fails in Gen.ListOf(Expectation(), 2)
        from comments in Gen.ListOf(Comment(workload.Swaps.Length + workload.Operations.Length + fails.Count + 2), 3)
        select new Case(kernel, arch, workload, [.. fails], [.. InOrder(comments)]));

    private static Gen<Expectation> Expectation() =>
        from invariant in Gen.Elements(InvariantCatalogue.All.Select(i => i.Name))
        from at in Gen.Elements<string?>(null, "P0:read:SetPteAt", "P3:exit:DestroyContext")
        select new Expectation(invariant, at);

    private static Gen<Comment> Comment(int statements) =>
        from line in Gen.Choose(0, statements)
        from trailing in Gen.Elements(true, false)
        from text in Gen.Elements(Texts)
        select new Comment(line, trailing && line < statements && text.Length > 0, text);

    /// <summary>As a parser would meet them: by line, those above a statement before the one at its end, of which there is one at most.</summary>
    private static IEnumerable<Comment> InOrder(IEnumerable<Comment> comments) => comments
        .Where(c => !c.Trailing)
        .Concat(comments.Where(c => c.Trailing).DistinctBy(c => c.Line))
        .OrderBy(c => c.Line).ThenBy(c => c.Trailing);
}
