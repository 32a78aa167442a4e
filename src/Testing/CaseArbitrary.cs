using FsCheck;
using FsCheck.Fluent;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Testing;

/// <summary>
/// Cases for FsCheck: any workload on any kernel and architecture, with expectations and comments anywhere. What fails is shrunk: fewer comments, fewer expectations, no
/// architecture, a simpler workload; each candidate is strictly simpler, so shrinking ends.
/// </summary>
public static class CaseArbitrary
{
    private static readonly string[] Texts = ["", "# tags lost: swap_free() runs before the restore", "#", "# P0 map a # twice", "#kernel v6.5", "# \u0085 \f \u2028 é"];

    /// <summary>Cases.</summary>
    public static Arbitrary<Case> Case() => Arb.From(
        from workload in WorkloadArbitrary.Workload().Generator
        from kernel in Gen.Elements(KernelCatalogue.All.Select(k => k.Name))
        from arch in Gen.Elements("none", "arm64", "sparc")
        from fails in Gen.ListOf(Expectation(), 2)
        from comments in Gen.ListOf(Comment(Statements(workload, fails.Count)), 3)
        select new Case(kernel, arch, workload, [.. fails], [.. InOrder(comments)]),
        Simpler);

    private static IEnumerable<Case> Simpler(Case @case)
    {
        // The rest first: who looks at a shrunk case looks at its program.
        if (@case.Comments.Length > 1) yield return @case with { Comments = [] };
        for (var i = 0; i < @case.Comments.Length; i++) yield return @case with { Comments = @case.Comments.RemoveAt(i) };
        for (var i = 0; i < @case.Fails.Length; i++) yield return Fitting(@case with { Fails = @case.Fails.RemoveAt(i) });
        if (@case.Arch != "none") yield return @case with { Arch = "none" };
        foreach (var workload in Shrinker.Candidates(@case.Workload)) yield return Fitting(@case with { Workload = workload });
    }

    /// <summary>The case with its comments where there are still lines.</summary>
    private static Case Fitting(Case @case)
    {
        var statements = Statements(@case.Workload, @case.Fails.Length);
        return @case with { Comments = [.. InOrder(@case.Comments.Where(c => !c.Trailing || c.Line < statements).Select(c => c with { Line = Math.Min(c.Line, statements) }))] };
    }

    /// <summary>The lines of a case that are no comments: kernel, arch, areas, operations, expectations.</summary>
    private static int Statements(Workload workload, int fails) => 2 + workload.Swaps.Length + workload.Operations.Length + fails;

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
