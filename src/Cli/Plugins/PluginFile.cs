using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Hooks.Core;
using Hooks.Core.Arch;

namespace Hooks.Cli.Plugins;

/// <summary>Reads a plugin: what is no assembly, or does not fit, is refused before any of it runs.</summary>
internal static class PluginFile
{
    private static readonly AssemblyName Core = typeof(IPlugin).Assembly.GetName();

    /// <summary>Loads an assembly and makes its plugins.</summary>
    /// <param name="file">The file, as the user named it.</param>
    /// <exception cref="InputException">There is no such file, it is no .NET assembly, it was built for another version of Hooks.Core, or it brings nothing.</exception>
    public static (Assembly Assembly, IReadOnlyList<IPlugin> Plugins) Load(string file)
    {
        if (Directory.Exists(file)) throw Bad(file, "is a directory; expected an assembly, such as bin/Release/net10.0/my.dll");
        if (!File.Exists(file)) throw Bad(file, "no such file; has it been built? (dotnet build -c Release; the assembly is in bin/Release/net10.0)");
        var built = CoreOf(file);
        if (built is not null && built != Core.Version) throw Bad(file, $"was built for {Core.Name} {built.ToString(3)}, and this is {Core.Version!.ToString(3)}; build it with that package: dotnet add package {Core.Name} --version {Core.Version.ToString(3)}");
        try
        {
            var assembly = new PluginContext(Path.GetFullPath(file)).LoadFromAssemblyPath(Path.GetFullPath(file));
            var types = TypesOf(assembly);
            List<IPlugin> plugins = [.. types.Where(IsPlugin).OrderBy(t => t.FullName, StringComparer.Ordinal).Select(t => (IPlugin)Activator.CreateInstance(t)!)];
            return plugins.Count > 0 ? (assembly, plugins) : throw Bad(file, Nothing(types));
        }
        catch (Exception e) when (e is FileLoadException or FileNotFoundException or BadImageFormatException or TypeLoadException or MissingMemberException)
        {
            throw Bad(file, $"cannot be loaded: {e.Message}");
        }
        catch (TargetInvocationException e)
        {
            throw Bad(file, $"its plugin cannot be made: {Innermost(e).GetType().Name}: {Innermost(e).Message}");
        }
    }

    /// <summary>What went wrong in the first place: of a class that cannot be initialised, why.</summary>
    public static Exception Innermost(Exception e) => e is TargetInvocationException or TypeInitializationException && e.InnerException is { } inner ? Innermost(inner) : e;

    /// <summary>An error of a plugin.</summary>
    public static InputException Bad(string file, string what) => new($"--plugin: '{file}': {what}");

    private static InputException NotAnAssembly(string file) => Bad(file, "is not a .NET assembly; expected one, such as bin/Release/net10.0/my.dll");

    private static bool IsPlugin(Type type) => type is { IsClass: true, IsAbstract: false, IsVisible: true } && type.IsAssignableTo(typeof(IPlugin)) && type.GetConstructor([]) is not null;

    private static string Nothing(Type[] types)
    {
        var near = types.FirstOrDefault(t => t.IsAssignableTo(typeof(IPlugin)) || (t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IArchitecture))));
        var has = near is null ? "" : $" (it has {near.Name}, which {(near.IsAssignableTo(typeof(IPlugin)) ? "is not public, or has no constructor without parameters" : "a plugin could list")})";
        return $"brings nothing{has}; expected a public class that implements {typeof(IPlugin).FullName} and lists architectures or kernels";
    }

    /// <summary>The types of an assembly; of one whose dependencies are not all there, those that can be had.</summary>
    private static Type[] TypesOf(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            return [.. e.Types.OfType<Type>()];
        }
    }

    /// <summary>The version of Core that an assembly was built for; null if it knows none.</summary>
    private static Version? CoreOf(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            using var image = new PEReader(stream);
            if (!image.HasMetadata) throw NotAnAssembly(file);
            var metadata = image.GetMetadataReader();
            if (!metadata.IsAssembly) throw NotAnAssembly(file);
            return metadata.AssemblyReferences.Select(metadata.GetAssemblyReference).Where(r => metadata.StringComparer.Equals(r.Name, Core.Name!)).Select(r => r.Version).FirstOrDefault();
        }
        catch (BadImageFormatException)
        {
            throw NotAnAssembly(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Bad(file, $"cannot be read: {e.Message}");
        }
    }
}
