using Hooks.Cli.Plugins;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;
using Hooks.Zoo;

namespace Hooks.Cli.Catalogues;

/// <summary>Finds things by the names that users type, and says what there is if there is no such thing.</summary>
internal static class Names
{
    /// <summary>The kernels of the catalogue, and those of plugins.</summary>
    public static IReadOnlyList<Kernel> ListedKernels => [.. KernelCatalogue.All, .. PluginSet.Current.Kernels];

    /// <summary>The architectures, and those of plugins.</summary>
    public static IReadOnlyList<IArchitecture> ListedArchitectures => [.. Architectures.All, .. PluginSet.Current.Architectures];

    /// <summary>The kernels of the catalogue, of plugins, and of the zoo.</summary>
    public static IEnumerable<Kernel> AllKernels => ListedKernels.Concat(ZooCatalogue.Kernels).Concat(RaceCatalogue.Kernels).DistinctBy(k => k.Name);

    /// <summary>The architectures, those of plugins, those that are proposed, and the variants in the zoo.</summary>
    public static IEnumerable<IArchitecture> AllArchitectures => ListedArchitectures.Concat(Architectures.Proposed).Concat(ZooCatalogue.Architectures).Concat(RaceCatalogue.Architectures);

    /// <summary>The kernel with a name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static Kernel Kernel(string name) => AllKernels.FirstOrDefault(k => k.Name == name) ?? throw new InputException(UnknownKernel(name));

    /// <summary>The architecture with a name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static IArchitecture Architecture(string name) => TryArchitecture(name) ?? throw new InputException(UnknownArchitecture(name));

    /// <summary>The architecture with a name, <c>NAME@ADDRESSES</c> one whose pages lie elsewhere; null if there is none.</summary>
    public static IArchitecture? TryArchitecture(string name)
    {
        if (AllArchitectures.FirstOrDefault(a => a.Name == name) is { } known) return known;
        return name.Split('@') is [var usual, var where] && PageAddresses.TryParse(where) is { } addresses ? AllArchitectures.FirstOrDefault(a => a.Name == usual)?.At(addresses) : null;
    }

    /// <summary>The kernels with these names, in the order of the catalogue; without names all, or those that plugins bring if these bring kernels only.</summary>
    /// <exception cref="InputException">There is no such kernel.</exception>
    public static IReadOnlyList<Kernel> Kernels(IReadOnlyList<string> names)
    {
        var wanted = names.Select(Kernel).ToHashSet();
        if (names.Count > 0) return [.. AllKernels.Where(wanted.Contains)];
        return PluginSet.Current is { Kernels: { Length: > 0 } brought, Architectures: [] } ? brought : ListedKernels;
    }

    /// <summary>The architectures with these names, in the order of the catalogue; without names all, or those that plugins bring if these bring any.</summary>
    /// <exception cref="InputException">There is no such architecture.</exception>
    public static IReadOnlyList<IArchitecture> ArchitecturesOf(IReadOnlyList<string> names)
    {
        var wanted = names.Select(Architecture).ToHashSet();
        if (names.Count > 0) return [.. AllArchitectures.Where(wanted.Contains), .. wanted.Where(a => a.Beyond.Count > 0).OrderBy(a => a.Name, StringComparer.Ordinal)];
        return PluginSet.Current is { Architectures: { Length: > 0 } brought } ? brought : Architectures.All;
    }

    /// <summary>The names of invariants, in the order of the catalogue.</summary>
    public static IReadOnlyList<string> Of(InvariantSet set) => [.. set.Members().Select(id => InvariantCatalogue.Of(id).Name)];

    /// <summary>The bugs and the races of the zoo with these names; without names all.</summary>
    /// <exception cref="InputException">There is neither of such a name.</exception>
    public static (IReadOnlyList<Specimen> Bugs, IReadOnlyList<Race> Races) OfZoo(IReadOnlyList<string> names)
    {
        if (names.Count == 0) return (ZooCatalogue.All, RaceCatalogue.All);
        string[] known = [.. ZooCatalogue.All.Select(s => s.Id), .. RaceCatalogue.All.Select(r => r.Id)];
        foreach (var name in names)
        {
            if (!known.Contains(name)) throw new InputException(Unknown("bug", name, known));
        }

        return ([.. ZooCatalogue.All.Where(s => names.Contains(s.Id))], [.. RaceCatalogue.All.Where(r => names.Contains(r.Id))]);
    }

    /// <summary>What to say of an unknown kernel.</summary>
    public static string UnknownKernel(string name) => Unknown("kernel", name, AllKernels.Select(k => k.Name));

    /// <summary>What to say of an unknown architecture.</summary>
    public static string UnknownArchitecture(string name) => Unknown("architecture", name, AllArchitectures.Select(a => a.Name));

    /// <summary>What to say of an unknown invariant.</summary>
    public static string UnknownInvariant(string name) => Unknown("invariant", name, InvariantCatalogue.All.Select(i => i.Name));

    /// <summary>What to say of an unknown thing: the likely one first, then all.</summary>
    public static string Unknown(string kind, string name, IEnumerable<string> known)
    {
        var all = known.ToList();
        var near = Spelling.Nearest(name, all);
        return $"unknown {kind} '{Quoted.In(name)}'; {(near is null ? "" : $"did you mean '{near}'? ")}expected one of: {string.Join(", ", all)}";
    }
}
