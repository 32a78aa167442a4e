using Hooks.Arch.Arm64;
using Hooks.Arch.Sparc;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;

namespace Hooks.Properties;

/// <summary>Kernels and architectures put together, and cases run on them.</summary>
internal static class Machines
{
    public static readonly IArchitecture None = new NoArchitecture();
    public static readonly IArchitecture Arm64 = new Arm64Architecture();
    public static readonly IArchitecture Sparc = new SparcArchitecture();

    public static IReadOnlyList<IArchitecture> Architectures { get; } = [None, Arm64, Sparc];

    /// <summary>A program in the case text's words, on a swap area in the same words.</summary>
    public static Workload Program(string swap, params string[] lines)
    {
        var text = $"kernel any\narch any\nswap {swap}\n" + string.Join('\n', lines) + "\n";
        return CaseParser.Parse(text, "program").Workload;
    }

    /// <summary>Runs a program to its end and says what broke.</summary>
    public static Trace Run(string kernel, IArchitecture arch, Workload workload) =>
        Trace.Record(workload, KernelCatalogue.Get(kernel), arch);

    /// <summary>Which invariants a program breaks.</summary>
    public static InvariantSet Broken(string kernel, IArchitecture arch, Workload workload) =>
        InvariantSet.Of([.. Run(kernel, arch, workload).Violations.Select(v => v.Breach.Invariant)]);

    public static InvariantSet Set(params InvariantId[] ids) => InvariantSet.Of(ids);

    public static Machine Machine(string kernel, IArchitecture arch) => new(KernelCatalogue.Get(kernel), arch);
}
