using System.Collections.Immutable;
using System.Diagnostics;
using System.Reflection;
using Hooks.Cli.Catalogues;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;

namespace Hooks.Cli.Plugins;

/// <summary>The plugins of one call of the command.</summary>
/// <param name="Files">Their files, as the user named them.</param>
/// <param name="Architectures">The architectures they bring.</param>
/// <param name="Kernels">The kernels they bring.</param>
/// <param name="Assemblies">What they are made of.</param>
/// <param name="ArchSources">The options for architectures that are their own C, as the user gave them; empty without any.</param>
internal sealed record PluginSet(ImmutableArray<string> Files, ImmutableArray<IArchitecture> Architectures, ImmutableArray<Kernel> Kernels, ImmutableArray<Assembly> Assemblies, string ArchSources = "")
{
    // Of the call, and the threads it begins: tests call the command several times at once.
    private static readonly AsyncLocal<PluginSet?> OfThisCall = new();

    /// <summary>Those of this call; none until <see cref="Use"/>.</summary>
    public static PluginSet Current => OfThisCall.Value ?? None;

    private static PluginSet None { get; } = new([], [], [], []);

    /// <summary>Loads plugins for the rest of this call.</summary>
    /// <param name="files">Assemblies.</param>
    /// <param name="archSources">Architectures' own C.</param>
    /// <param name="patches">Patches to that.</param>
    /// <exception cref="InputException">One cannot be loaded, or brings a name that there is already.</exception>
    public static void Use(IEnumerable<string> files, IReadOnlyList<string> archSources, IReadOnlyList<string> patches)
    {
        OfThisCall.Value = null;
        foreach (var file in files.Distinct(StringComparer.Ordinal)) OfThisCall.Value = Current.With(file);
        if (archSources.Count == 0) return;
        var architectures = Plugins.ArchSources.Read(archSources, patches);
        var taken = Names.AllArchitectures.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        if (architectures.FirstOrDefault(a => !taken.Add(a.Name)) is { } second) throw new InputException($"--arch-source: '{second.File}' would be '{second.Name}', and there is one of that name already; give one file for an architecture");
        var options = string.Concat(archSources.Select(f => $" --arch-source {Shell.Quote(f)}").Concat(patches.Select(f => $" --patch {Shell.Quote(f)}")));
        OfThisCall.Value = Current with { Architectures = [.. Current.Architectures, .. architectures], ArchSources = options };
    }

    /// <summary>A file for a command line that is printed: in quotes if it needs them, and with the plugins that its names come from.</summary>
    public static string ArgumentsFor(string file) => Shell.Quote(file) + string.Concat(Current.Files.Select(f => $" --plugin {Shell.Quote(f)}")) + Current.ArchSources;

    /// <summary>Where in a plugin an exception comes from; null if it comes from elsewhere.</summary>
    /// <example>TintHooks.ArchSwapRestore() of Tint.dll</example>
    public string? Blame(Exception e)
    {
        if (Assemblies.IsEmpty) return null;
        var method = new StackTrace(e).GetFrames().Select(f => f.GetMethod()).FirstOrDefault(m => m?.DeclaringType is { } type && Assemblies.Contains(type.Assembly));
        if (method is not null) return $"{method.DeclaringType!.Name}.{method.Name}() of {method.DeclaringType.Assembly.GetName().Name}.dll";
        return e is TypeLoadException or MissingMemberException ? string.Join(", ", Files) : null;
    }

    private PluginSet With(string file)
    {
        var (assembly, plugins) = PluginFile.Load(file);
        try
        {
            IArchitecture[] architectures = [.. plugins.SelectMany(p => p.Architectures)];
            Kernel[] kernels = [.. plugins.SelectMany(p => p.Kernels)];
            if (architectures.Length + kernels.Length == 0) throw PluginFile.Bad(file, "brings nothing: its plugins list neither architectures nor kernels");
            Refuse(file, "architecture", architectures.Select(a => a.Name), Names.AllArchitectures.Select(a => a.Name));
            Refuse(file, "kernel", kernels.Select(k => k.Name), Names.AllKernels.Select(k => k.Name));
            return new PluginSet([.. Files, file], [.. Architectures, .. architectures], [.. Kernels, .. kernels], [.. Assemblies, assembly]);
        }
#pragma warning disable CA1031 // Whatever somebody else's code throws, it is theirs to mend.
        catch (Exception e) when (e is not InputException)
#pragma warning restore CA1031
        {
            var why = PluginFile.Innermost(e);
            throw PluginFile.Bad(file, $"what it brings cannot be made: {why.GetType().Name}: {why.Message}");
        }
    }

    /// <summary>A name stands in cases, on command lines and in names of files, and means one thing.</summary>
    private static void Refuse(string file, string kind, IEnumerable<string> names, IEnumerable<string> known)
    {
        var taken = known.ToHashSet(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') || name[0] == '-') throw PluginFile.Bad(file, $"{kind} '{name}': a name is one word of letters, digits, '-', '_' and '.'");
            if (!taken.Add(name)) throw PluginFile.Bad(file, $"{kind} '{name}': there is one of that name already; give it another");
        }
    }
}
