using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;

namespace Hooks.Cli.Catalogues;

/// <summary>Finds things by the names that users type, and says what there is if there is no such thing.</summary>
internal static class Names
{
    /// <summary>The kernel with a name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static Kernel Kernel(string name) => KernelCatalogue.TryGet(name, out var kernel) ? kernel : throw new InputException(UnknownKernel(name));

    /// <summary>The architecture with a name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static IArchitecture Architecture(string name) =>
        Architectures.All.FirstOrDefault(a => a.Name == name) ?? throw new InputException(UnknownArchitecture(name));

    /// <summary>The kernels with these names, in the order of the catalogue; without names all.</summary>
    /// <exception cref="InputException">There is no such kernel.</exception>
    public static IReadOnlyList<Kernel> Kernels(IReadOnlyList<string> names)
    {
        var wanted = names.Select(Kernel).ToHashSet();
        return [.. KernelCatalogue.All.Where(k => names.Count == 0 || wanted.Contains(k))];
    }

    /// <summary>The architectures with these names, in the order of the catalogue; without names all.</summary>
    /// <exception cref="InputException">There is no such architecture.</exception>
    public static IReadOnlyList<IArchitecture> ArchitecturesOf(IReadOnlyList<string> names)
    {
        var wanted = names.Select(Architecture).ToHashSet();
        return [.. Architectures.All.Where(a => names.Count == 0 || wanted.Contains(a))];
    }

    /// <summary>What to say of an unknown kernel.</summary>
    public static string UnknownKernel(string name) => Unknown("kernel", name, KernelCatalogue.All.Select(k => k.Name));

    /// <summary>What to say of an unknown architecture.</summary>
    public static string UnknownArchitecture(string name) => Unknown("architecture", name, Architectures.All.Select(a => a.Name));

    /// <summary>What to say of an unknown invariant.</summary>
    public static string UnknownInvariant(string name) => Unknown("invariant", name, InvariantCatalogue.All.Select(i => i.Name));

    /// <summary>What to say of an unknown thing: the likely one first, then all.</summary>
    public static string Unknown(string kind, string name, IEnumerable<string> known)
    {
        var all = known.ToList();
        var near = Spelling.Nearest(name, all);
        return $"unknown {kind} '{name}'; {(near is null ? "" : $"did you mean '{near}'? ")}expected one of: {string.Join(", ", all)}";
    }
}
