using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Catalogues;

/// <summary>The catalogues as JSON arrays.</summary>
internal static class ListJson
{
    /// <summary>The array of a kind: kernels, archs, invariants or operations.</summary>
    public static string Print(string kind) => kind switch
    {
        "kernels" => JsonText.Of([.. Names.ListedKernels.Select(KernelJson.Of)], JsonTypes.Default.KernelJsonArray),
        "archs" => JsonText.Of([.. Names.ListedArchitectures.Select(ArchJson.Of)], JsonTypes.Default.ArchJsonArray),
        "invariants" => JsonText.Of([.. InvariantCatalogue.All.Select(InvariantJson.Of)], JsonTypes.Default.InvariantJsonArray),
        _ => JsonText.Of([.. Enum.GetValues<Verb>().Select(OperationJson.Of)], JsonTypes.Default.OperationJsonArray),
    };
}

/// <summary>A kernel.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Commit">The commit or message that it stands for.</param>
/// <param name="Description">What it does.</param>
/// <param name="Hooks">Which hooks the architectures have there: the release, and the commits beyond it.</param>
/// <param name="Expected">Architecture by architecture, the invariants expected to break.</param>
internal sealed record KernelJson(string Name, string Commit, string Description, string Hooks, IReadOnlyDictionary<string, IReadOnlyList<string>> Expected)
{
    /// <summary>Of a kernel of the catalogue.</summary>
    public static KernelJson Of(Kernel kernel)
    {
        var expected = new OrderedDictionary<string, IReadOnlyList<string>>();
        foreach (var arch in Names.ListedArchitectures) expected.Add(arch.Name, Names.Of(kernel.ExpectedOn(arch)));
        return new KernelJson(kernel.Name, kernel.Commit, kernel.Description, KernelText.Release(kernel), expected);
    }
}

/// <summary>An architecture.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is.</param>
internal sealed record ArchJson(string Name, string Description)
{
    /// <summary>Of an architecture of the catalogue.</summary>
    public static ArchJson Of(IArchitecture arch) => new(arch.Name, arch.Description);
}

/// <summary>An invariant.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Statement">What holds after every step.</param>
/// <param name="Exercise">What must have happened for it to be put to the test.</param>
internal sealed record InvariantJson(string Name, string Statement, string Exercise)
{
    /// <summary>Of an invariant of the catalogue.</summary>
    public static InvariantJson Of(IInvariant invariant) => new(invariant.Name, invariant.Statement, invariant.Exercise);
}

/// <summary>An operation of a case.</summary>
/// <param name="Name">Its word.</param>
/// <param name="Syntax">How it is written, without the process.</param>
/// <param name="Meaning">What it means.</param>
internal sealed record OperationJson(string Name, string Syntax, string Meaning)
{
    /// <summary>Of an operation.</summary>
    public static OperationJson Of(Verb verb)
    {
        var (syntax, meaning) = OperationTexts.Of(verb);
        return new OperationJson(CaseText.Word(verb), syntax, meaning);
    }
}
