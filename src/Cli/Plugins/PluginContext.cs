using System.Reflection;
using System.Runtime.Loader;

namespace Hooks.Cli.Plugins;

/// <summary>
/// Where a plugin's assemblies are loaded: what it needs stands beside it. Only the assemblies of Hooks are shared with the command, as an architecture
/// of another Core would be another type.
/// </summary>
/// <param name="file">The plugin, with its whole path.</param>
internal sealed class PluginContext(string file) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(file))
{
    private static readonly HashSet<string> Shared =
        [.. typeof(PluginContext).Assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(name => name.StartsWith("Hooks.", StringComparison.Ordinal))];

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var name = assemblyName.Name!;
        var beside = Path.Combine(Path.GetDirectoryName(file)!, name + ".dll");
        return Shared.Contains(name) || !File.Exists(beside) ? null : LoadFromAssemblyPath(beside);
    }
}
